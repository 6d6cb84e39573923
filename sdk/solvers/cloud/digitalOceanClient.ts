import type { SolverContext } from "../solver";
import { unquoteText } from "./characterStrings";
import { requireCredential } from "./credential";
import { type RestService, rest } from "./rest";
import { type TxtApi, challengeTtl } from "./txtApi";
import { Zones } from "./zones";

interface DomainRecord {
  readonly id: number;
  readonly type: string;
  /** Relative to the domain, `@` for the domain itself. */
  readonly name: string;
  readonly data: string;
}

interface RecordPage {
  readonly domain_records?: readonly DomainRecord[];
  readonly links?: { readonly pages?: { readonly next?: string } };
}

const perPage = 200;
/** Ids count from 1. */
const noRecord = 0;

/** TXT records through the API v2: https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records */
export class DigitalOceanClient implements TxtApi {
  private readonly service: RestService;
  /** A domain's name is all there is to know about it. */
  private readonly domains: Zones<string>;
  private readonly writable = new Set<string>();

  constructor({ token, endpoint }: { readonly token: string | undefined; readonly endpoint: string }) {
    this.service = {
      name: "DigitalOcean",
      rights: "Use a token with the scopes domain:read, domain:create, domain:update and domain:delete.",
      secrets: token === undefined ? [] : [token],
      endpoint,
      authorization: async () => `Bearer ${requireCredential(token, "digitalOcean", "token")}`,
      explain: (json) => (json as { message?: string } | undefined)?.message ?? "",
    };
    this.domains = new Zones(this.service, async (name, context) => {
      const request = { doing: `look for the domain of ${name}`, path: `/domains/${name}`, accept: [404] };
      const { status } = await rest(this.service, request, context);
      return status === 404 ? undefined : name;
    });
  }

  async add(name: string, value: string, context: SolverContext): Promise<void> {
    const domain = await this.domains.of(name, context);
    // The service would keep a second record of the same value.
    if ((await this.records(domain, name, value, context)).length > 0) return;
    const path = `/domains/${domain}/records`;
    const body = { type: "TXT", name: relative(name, domain), data: value, ttl: challengeTtl };
    await rest(this.service, { doing: `create the TXT record ${name}`, path, body }, context);
  }

  async remove(name: string, value: string, context: SolverContext): Promise<void> {
    const domain = await this.domains.of(name, context);
    for (const { id } of await this.records(domain, name, value, context)) {
      const doing = `delete the TXT record ${name}`;
      await rest(
        this.service,
        { doing, path: `/domains/${domain}/records/${id}`, method: "DELETE", accept: [404] },
        context,
      );
    }
  }

  /** Deletes a record that cannot exist: who may not delete is told so, and nobody else loses anything. */
  async check(name: string, context: SolverContext): Promise<void> {
    const domain = await this.domains.of(name, context);
    if (this.writable.has(domain)) return;
    const path = `/domains/${domain}/records/${noRecord}`;
    const doing = `change records of ${domain}`;
    await rest(this.service, { doing, path, method: "DELETE", accept: [400, 404, 422] }, context);
    this.writable.add(domain);
  }

  private async records(
    domain: string,
    name: string,
    value: string,
    context: SolverContext,
  ): Promise<readonly DomainRecord[]> {
    const found: DomainRecord[] = [];
    const doing = `list the TXT records of ${name}`;
    for (let page = 1; ; page++) {
      const query = `type=TXT&name=${encodeURIComponent(name)}&per_page=${perPage}&page=${page}`;
      const { json } = await rest(this.service, { doing, path: `/domains/${domain}/records?${query}` }, context);
      const { domain_records: records = [], links } = json as RecordPage;
      const own = relative(name, domain);
      found.push(...records.filter((one) => one.name === own && unquoteText(one.data) === value));
      if (links?.pages?.next === undefined) return found;
    }
  }
}

function relative(name: string, domain: string): string {
  return name === domain ? "@" : name.slice(0, -domain.length - 1);
}
