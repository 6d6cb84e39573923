import { CertificatesError, messageOf } from "../../errors";
import type { SolverContext } from "../solver";
import { isInZone, plainName } from "../dns/name";
import type { DnsOptions } from "../dns/options";
import { keptToken, requestToken } from "./accessToken";
import { quoteText, unquoteText } from "./characterStrings";
import { type NamedService, credentialsRefused, unexpected, zoneMissing } from "./failures";
import { optionalPackage } from "./optionalPackage";
import { PendingChanges } from "./pendingChanges";
import { type RecordSet, type Written, changeRecordSet, withValue, withoutValue } from "./recordSet";
import { type RestAnswer, type RestService, rest } from "./rest";
import { type ServiceAccountKey, tokenAssertion } from "./serviceAccountKey";
import { type TxtApi, challengeTtl } from "./txtApi";
import { Zones } from "./zones";

interface ManagedZone {
  readonly name: string;
  readonly dnsName: string;
  readonly visibility?: "public" | "private";
}

interface ResourceRecordSet {
  readonly name: string;
  readonly type: "TXT";
  readonly ttl: number;
  readonly rrdatas: readonly string[];
}

interface ReadSet extends RecordSet {
  readonly found: ResourceRecordSet | undefined;
}

interface GoogleError {
  readonly error?: { readonly message?: string; readonly errors?: readonly { readonly reason?: string }[] };
}

interface Change {
  readonly additions?: readonly ResourceRecordSet[];
  readonly deletions?: readonly ResourceRecordSet[];
}

const scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
/** A record that nobody has: to delete it changes nothing. */
const noValue = quoteText("pulumi-certificates looks whether it may change this record");
const tooMany = ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"];

export interface GoogleCloudDnsSpec {
  readonly project: string;
  readonly managedZone: string | undefined;
  readonly serviceAccountKey: ServiceAccountKey | undefined;
  readonly useEnvironment: boolean;
  readonly endpoint: string;
  readonly dns: DnsOptions;
}

/**
 * TXT records through the API v1: https://docs.cloud.google.com/dns/docs/reference/rest/v1/changes. A change deletes the
 * record set as it was read and adds the new one: it fails as a whole if another process was faster.
 */
export class GoogleCloudDnsClient implements TxtApi {
  private readonly service: RestService;
  private readonly zones: Zones<string>;
  private readonly pending: PendingChanges;
  private readonly writable = new Set<string>();

  constructor(private readonly spec: GoogleCloudDnsSpec) {
    const { serviceAccountKey: key } = spec;
    const named: NamedService = {
      name: "Google Cloud DNS",
      rights: `Give the account roles/dns.admin in the project ${spec.project}, and enable the Cloud DNS API there.`,
      secrets: key === undefined ? [] : [key.privateKey],
    };
    const token = tokenSource(named, spec);
    this.service = {
      ...named,
      endpoint: `${spec.endpoint}/dns/v1/projects/${encodeURIComponent(spec.project)}/managedZones`,
      authorization: async (context) => `Bearer ${await token(context)}`,
      explain: (json) => [(json as GoogleError | undefined)?.error?.message, ...reasonsOf(json)].join(" "),
      isThrottled: (status, json) => status === 403 && reasonsOf(json).some((reason) => tooMany.includes(reason)),
    };
    this.zones = new Zones(this.service, (name, context) => this.findZone(name, context));
    this.pending = new PendingChanges(this.service, (path, context) => this.isDone(path, context));
  }

  async add(name: string, value: string, context: SolverContext): Promise<void> {
    this.pending.started(value, await this.change(name, withValue(value), context));
  }

  async remove(name: string, value: string, context: SolverContext): Promise<void> {
    this.pending.forget(value);
    await this.change(name, withoutValue(value), context);
  }

  async settle(value: string, timeoutMs: number, context: SolverContext): Promise<void> {
    await this.pending.settle(value, timeoutMs, context);
  }

  /** The id of a change is its path. */
  private async isDone(path: string, context: SolverContext): Promise<boolean> {
    const { json } = await rest(this.service, { doing: "say whether its servers have the record", path }, context);
    return (json as { status?: string }).status === "done";
  }

  async check(name: string, context: SolverContext): Promise<void> {
    const zone = await this.zoneOf(name, context);
    if (this.writable.has(zone)) return;
    const deletions = [recordSet(name, challengeTtl, [noValue])];
    await this.send(zone, name, { deletions }, [400], context);
    this.writable.add(zone);
  }

  private async change(
    name: string,
    change: (values: readonly string[]) => readonly string[],
    context: SolverContext,
  ): Promise<string | undefined> {
    const zone = await this.zoneOf(name, context);
    const write = async ({ found }: ReadSet, values: readonly string[]): Promise<Written> => {
      const request: Change = {
        ...(found !== undefined && { deletions: [found] }),
        ...(values.length > 0 && { additions: [recordSet(name, found?.ttl ?? challengeTtl, values.map(quoteText))] }),
      };
      const { status, json } = await this.send(zone, name, request, [], context);
      if (status >= 300) return "conflict";
      return { id: `/${zone}/changes/${(json as { id: string }).id}` };
    };
    const read = () => this.read(zone, name, context);
    return await changeRecordSet(this.service, name, change, { read, write }, context);
  }

  /** Status 409: there is one already; 412 and 404: what is to be deleted is not there, or not so. */
  private async send(
    zone: string,
    name: string,
    body: Change,
    accept: readonly number[],
    context: SolverContext,
  ): Promise<RestAnswer> {
    const doing = `change the TXT record ${name}`;
    const request = { doing, path: `/${zone}/changes`, body, accept: [404, 409, 412, ...accept] };
    const answer = await rest(this.service, request, context);
    const said = this.service.explain(answer.json);
    if (answer.status === 404 && !said.includes("entity.change")) throw zoneMissing(this.service, name);
    return answer;
  }

  private async read(zone: string, name: string, context: SolverContext): Promise<ReadSet> {
    const path = `/${zone}/rrsets?name=${encodeURIComponent(`${name}.`)}&type=TXT`;
    const { json } = await rest(this.service, { doing: `read the TXT record ${name}`, path }, context);
    const [first] = (json as { rrsets?: readonly ResourceRecordSet[] }).rrsets ?? [];
    const found = first && recordSet(name, first.ttl, first.rrdatas);
    return { found, ttl: found?.ttl, values: (found?.rrdatas ?? []).map(unquoteText) };
  }

  private async zoneOf(name: string, context: SolverContext): Promise<string> {
    const { managedZone } = this.spec;
    if (managedZone === undefined) return await this.zones.of(name, context);
    const request = { doing: `read the zone ${managedZone}`, path: `/${managedZone}`, accept: [404] };
    const { status, json } = await rest(this.service, request, context);
    const { dnsName = "" } = (json ?? {}) as Partial<ManagedZone>;
    if (status === 404 || !isInZone(name, plainName(dnsName))) throw zoneMissing(this.service, name);
    return managedZone;
  }

  private async findZone(name: string, context: SolverContext): Promise<string | undefined> {
    const doing = `look for the zone of ${name}`;
    const path = `?dnsName=${encodeURIComponent(`${name}.`)}`;
    const { json } = await rest(this.service, { doing, path }, context);
    const { managedZones = [] } = json as { managedZones?: readonly ManagedZone[] };
    const own = managedZones.filter((zone) => zone.dnsName === `${name}.` && zone.visibility !== "private");
    if (own.length <= 1) return own[0]?.name;
    const names = own.map((zone) => zone.name).join(", ");
    throw unexpected(this.service, doing, `there are ${own.length}: ${names}. Set managedZone to the delegated one`);
  }
}

function recordSet(name: string, ttl: number, rrdatas: readonly string[]): ResourceRecordSet {
  return { name: `${name}.`, type: "TXT", ttl, rrdatas };
}

function reasonsOf(json: unknown): string[] {
  const errors = (json as GoogleError | undefined)?.error?.errors ?? [];
  return errors.flatMap(({ reason }) => reason ?? []);
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
function tokenSource(
  service: NamedService,
  { serviceAccountKey: key, useEnvironment }: GoogleCloudDnsSpec,
): (context: SolverContext) => Promise<string> {
  if (useEnvironment) return environmentToken(service);
  return keptToken(async (context) => {
    if (key !== undefined) {
      const assertion = tokenAssertion(key, scope);
      const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
      return await requestToken(service, key.tokenUri, form, context);
    }
    throw new CertificatesError("CredentialsMissing", "The googleCloudDns solver has no serviceAccountKey.", {
      hint: "Set it on the solver, from a secret of the stack's configuration, or set useEnvironment.",
    });
  });
}

/** The library keeps the token itself. */
function environmentToken(service: NamedService): (context: SolverContext) => Promise<string> {
  const load = async () => {
    const load = () => import("google-auth-library");
    const name = "The googleCloudDns solver with useEnvironment";
    const { GoogleAuth } = await optionalPackage("google-auth-library", name, load);
    return new GoogleAuth({ scopes: [scope] });
  };
  let auth: ReturnType<typeof load> | undefined;
  return async ({ signal }) => {
    const source = await (auth ??= load());
    try {
      const token = await source.getAccessToken();
      if (typeof token === "string" && token !== "") return token;
    } catch (error) {
      signal.throwIfAborted();
      throw credentialsRefused(service, "get an access token from the environment", messageOf(error));
    }
    throw credentialsRefused(service, "get an access token from the environment", "there is none");
  };
}
