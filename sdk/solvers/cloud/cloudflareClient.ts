import type { SolverContext } from "../solver";
import { unquoteText, quoteText } from "./characterStrings";
import { requireCredential } from "./credential";
import { credentialsRefused, unexpected } from "./failures";
import { type RestAnswer, type RestRequest, type RestService, rest } from "./rest";
import { type TxtApi, challengeTtl } from "./txtApi";
import { Zones } from "./zones";

/** Envelope of every answer: https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/ */
interface Envelope<Result> {
  readonly success?: boolean;
  readonly errors?: readonly CloudflareError[];
  readonly result?: Result;
  readonly result_info?: { readonly total_pages?: number };
}

interface CloudflareError {
  readonly code?: number;
  readonly message?: string;
  readonly error_chain?: readonly CloudflareError[];
}

interface Zone {
  readonly id: string;
  readonly name: string;
}

interface DnsRecord {
  readonly id: string;
  readonly content: string;
}

/** "An identical record already exists", and the older "The record already exists". */
const alreadyThere = [81057, 81058];
/** A header that cannot be a token, an invalid token, no rights. */
const refusals = [6003, 9106, 9109, 10000];
const noRecord = "00000000000000000000000000000000";
const comment = "ACME challenge, made by pulumi-certificates";

/** TXT records through the API v4: https://developers.cloudflare.com/api/resources/dns/subresources/records/ */
export class CloudflareClient implements TxtApi {
  private readonly service: RestService;
  private readonly zones: Zones<Zone>;
  /** Zones in which records may be changed. */
  private readonly writable = new Set<string>();

  constructor({ apiToken, endpoint }: { readonly apiToken: string | undefined; readonly endpoint: string }) {
    this.service = {
      name: "Cloudflare",
      rights: "Use an API token with Zone:Zone:Read and Zone:DNS:Edit for this zone.",
      secrets: apiToken === undefined ? [] : [apiToken],
      endpoint,
      authorization: async () => `Bearer ${requireCredential(apiToken, "cloudflare", "apiToken")}`,
      explain: (json) =>
        errorsOf(json)
          .map(({ code, message }) => `${message ?? "error"} (${code ?? "?"})`)
          .join(", "),
    };
    this.zones = new Zones(this.service, (name, context) => this.findZone(name, context));
  }

  async add(name: string, value: string, context: SolverContext): Promise<void> {
    const zone = await this.zones.of(name, context);
    const doing = `create the TXT record ${name}`;
    const body = { type: "TXT", name, content: quoteText(value), ttl: challengeTtl, comment };
    const path = `/zones/${zone.id}/dns_records`;
    const { status, json } = await this.call({ doing, path, body, accept: [400, 409] }, context);
    if (status < 300 || hasCode(json, alreadyThere)) return;
    throw unexpected(this.service, doing, this.service.explain(json));
  }

  async remove(name: string, value: string, context: SolverContext): Promise<void> {
    const zone = await this.zones.of(name, context);
    for (const { id } of await this.records(zone, name, value, context)) {
      const doing = `delete the TXT record ${name}`;
      const path = `/zones/${zone.id}/dns_records/${id}`;
      await this.call({ doing, path, method: "DELETE", accept: [404] }, context);
    }
  }

  /** Deletes a record that cannot exist: who may not delete is told so, and nobody else loses anything. */
  async check(name: string, context: SolverContext): Promise<void> {
    const zone = await this.zones.of(name, context);
    if (this.writable.has(zone.id)) return;
    const path = `/zones/${zone.id}/dns_records/${noRecord}`;
    await this.call(
      { doing: `change records of ${zone.name}`, path, method: "DELETE", accept: [400, 404, 405, 422] },
      context,
    );
    this.writable.add(zone.id);
  }

  private async findZone(name: string, context: SolverContext): Promise<Zone | undefined> {
    const path = `/zones?name=${encodeURIComponent(name)}&status=active`;
    const { json } = await this.call({ doing: `look for the zone of ${name}`, path }, context);
    return (json as Envelope<readonly Zone[]>).result?.find((zone) => zone.name === name);
  }

  private async records(zone: Zone, name: string, value: string, context: SolverContext): Promise<DnsRecord[]> {
    const found: DnsRecord[] = [];
    for (let page = 1; ; page++) {
      const path = `/zones/${zone.id}/dns_records?type=TXT&name=${encodeURIComponent(name)}&per_page=100&page=${page}`;
      const { json } = await this.call({ doing: `list the TXT records of ${name}`, path }, context);
      const { result = [], result_info: info } = json as Envelope<readonly DnsRecord[]>;
      found.push(...result.filter(({ content }) => unquoteText(content) === value));
      if (page >= (info?.total_pages ?? 1)) return found;
    }
  }

  /** A token that is no token at all is refused with status 400. */
  private async call(request: RestRequest, context: SolverContext): Promise<RestAnswer> {
    const accept = [...(request.accept ?? []), 400];
    const answer = await rest(this.service, { ...request, accept }, context);
    if (answer.status !== 400) return answer;
    const said = this.service.explain(answer.json);
    if (hasCode(answer.json, refusals)) throw credentialsRefused(this.service, request.doing, said);
    if (request.accept?.includes(400) === true) return answer;
    throw unexpected(this.service, request.doing, said);
  }
}

/** The errors of an answer, with what each of them comes from. */
function errorsOf(json: unknown): readonly CloudflareError[] {
  const { errors = [] } = (typeof json === "object" ? (json ?? {}) : {}) as Envelope<unknown>;
  return errors.flatMap((error) => [error, ...(error.error_chain ?? [])]);
}

function hasCode(json: unknown, codes: readonly number[]): boolean {
  return errorsOf(json).some(({ code }) => code !== undefined && codes.includes(code));
}
