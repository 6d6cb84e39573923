import { AcmeError } from "../../acme/problem";
import { quoteText, unquoteText } from "../cloud/characterStrings";
import { requireCredential } from "../cloud/credential";
import { unavailable } from "../cloud/failures";
import { type RestService, rest } from "../cloud/rest";
import { type TxtApi, challengeTtl } from "../cloud/txtApi";
import { Zones } from "../cloud/zones";
import type { SolverContext } from "../solver";
import type { DnsOptions } from "./options";
import type { SelfHostedSpec } from "./selfHosted";

interface Zone {
  readonly id: string;
  readonly name: string;
  /** Native, Master, Slave, Producer, Consumer; newer releases say Primary and Secondary. */
  readonly kind: string;
}

interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly TextRecord[];
}

interface TextRecord {
  readonly content: string;
  readonly disabled: boolean;
}

const attempts = 5;
/** Bytes of a zone as JSON. */
const largestZone = 64 * 1024 * 1024;
const copies = new Set(["Slave", "Secondary", "Consumer"]);
const primaries = new Set(["Master", "Primary", "Producer"]);

/** A `powerDns` solver as it was described, checked. */
export interface PowerDnsSpec extends SelfHostedSpec {
  readonly apiKey?: string;
  readonly serverId: string;
  readonly dns: DnsOptions;
}

/** TXT records through the API v1: https://doc.powerdns.com/authoritative/http-api/zone.html */
export class PowerDnsClient implements TxtApi {
  private readonly service: RestService;
  private readonly zones: Zones<Zone>;

  constructor(spec: PowerDnsSpec) {
    const { apiKey, caBundlePem } = spec;
    this.service = {
      name: "PowerDNS",
      endpoint: `${spec.url}/api/v1/servers/${encodeURIComponent(spec.serverId)}`,
      rights: "Check apiKey against api-key in the server's configuration, and webserver-allow-from.",
      secrets: apiKey === undefined ? [] : [apiKey],
      authorization: async () => undefined,
      headers: () => ({ "x-api-key": requireCredential(apiKey, "powerDns", "apiKey") }),
      ...(caBundlePem !== undefined && { caBundlePem }),
      explain: (json) => (typeof json === "string" ? json : ((json as { error?: string } | undefined)?.error ?? "")),
    };
    this.zones = new Zones(this.service, async (name, context) => {
      const request = { doing: `look for the zone of ${name}`, path: `/zones?zone=${encodeURIComponent(`${name}.`)}` };
      const { json } = await rest(this.service, request, context);
      // Old releases list all zones.
      return (json as Zone[]).find((zone) => zone.name === `${name}.`);
    });
  }

  async add(name: string, value: string, context: SolverContext): Promise<void> {
    const own = { content: quoteText(value), disabled: false };
    const isThere = (records: readonly TextRecord[]): boolean => records.some((one) => holds(one, value));
    await this.change(name, context, isThere, (records) => [...withoutText(records, value), own]);
  }

  async remove(name: string, value: string, context: SolverContext): Promise<void> {
    const isGone = (records: readonly TextRecord[]): boolean => !records.some((one) => holds(one, value));
    await this.change(name, context, isGone, (records) => withoutText(records, value));
  }

  async check(name: string, context: SolverContext): Promise<void> {
    const zone = await this.zones.of(name, context);
    if (!copies.has(zone.kind)) return;
    throw new AcmeError(`The zone ${zone.name} is a copy on this PowerDNS (${zone.kind}).`, "fatal", {
      hint: "Name the server that has the zone as primary.",
    });
  }

  /** Writes until it is as wanted: the API knows no condition, and another process may write at the same time. */
  private async change(
    name: string,
    context: SolverContext,
    isDone: (records: readonly TextRecord[]) => boolean,
    change: (records: readonly TextRecord[]) => readonly TextRecord[],
  ): Promise<void> {
    const zone = await this.zones.of(name, context);
    const doing = `change the TXT record ${name}`;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const visible = await this.read(
        zone,
        name,
        `?rrset_name=${encodeURIComponent(`${name}.`)}&rrset_type=TXT`,
        context,
      );
      if (isDone(visible?.records ?? [])) {
        if (attempt > 0) await this.notify(zone, context);
        return;
      }
      // Only the whole zone shows records that are disabled; a change would delete them.
      const all = await this.read(zone, name, "", context);
      const set = { name: `${name}.`, type: "TXT", ...changeOf(change(all?.records ?? []), all?.ttl ?? challengeTtl) };
      const request = { doing, path: pathOf(zone), method: "PATCH", body: { rrsets: [set] } };
      await rest(this.service, request, context);
    }
    throw unavailable(this.service, doing, `others changed it at the same time, ${attempts} times`);
  }

  private async read(zone: Zone, name: string, query: string, context: SolverContext): Promise<RecordSet | undefined> {
    const request = { doing: `read the TXT record ${name}`, path: `${pathOf(zone)}${query}`, maxBytes: largestZone };
    const { json } = await rest(this.service, request, context);
    // Old releases return the whole zone in any case.
    return (json as { rrsets: readonly RecordSet[] }).rrsets.find(
      (set) => set.type === "TXT" && set.name.toLowerCase() === `${name}.`,
    );
  }

  /** Without it the secondaries look some time later; whether they have it is waited for in any case. */
  private async notify(zone: Zone, context: SolverContext): Promise<void> {
    if (!primaries.has(zone.kind)) return;
    const doing = `notify the secondaries of ${zone.name}`;
    await rest(this.service, { doing, path: `${pathOf(zone)}/notify`, method: "PUT", accept: [400, 422] }, context);
  }
}

function changeOf(records: readonly TextRecord[], ttl: number): object {
  return records.length === 0 ? { changetype: "DELETE" } : { changetype: "REPLACE", ttl, records };
}

function withoutText(records: readonly TextRecord[], value: string): TextRecord[] {
  return records.filter((one) => !holds(one, value));
}

function holds({ content }: TextRecord, value: string): boolean {
  return unquoteText(content) === value;
}

function pathOf({ id }: Zone): string {
  return `/zones/${encodeURIComponent(id)}`;
}
