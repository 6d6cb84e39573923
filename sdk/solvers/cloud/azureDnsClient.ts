import { messageOf } from "../../errors";
import type { DnsOptions } from "../dns/options";
import type { SolverContext } from "../solver";
import { type AccessToken, keptToken, requestToken } from "./accessToken";
import { requireCredential } from "./credential";
import { type NamedService, credentialsRefused } from "./failures";
import { optionalPackage } from "./optionalPackage";
import { type RecordSet, type Written, changeRecordSet, withValue, withoutValue } from "./recordSet";
import { type RestService, rest } from "./rest";
import { type TxtApi, challengeTtl } from "./txtApi";
import { Zones } from "./zones";

interface Properties {
  readonly TTL?: number;
  readonly metadata?: unknown;
  /** A value is cut into strings of at most 255 bytes. */
  readonly TXTRecords?: readonly { readonly value: readonly string[] }[];
}

interface ReadSet extends RecordSet {
  readonly etag: string | undefined;
  readonly properties: Properties;
}

const apiVersion = "2018-05-01";
/** No record set has it, so that what is asked with it changes nothing. */
const noEtag = "00000000-0000-0000-0000-000000000000";
const preconditionFailed = 412;

export interface AzureDnsSpec {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly endpoint: string;
  readonly authorityHost: string;
  readonly dns: DnsOptions;
}

/** TXT records through Azure Resource Manager: https://learn.microsoft.com/en-us/rest/api/dns/record-sets */
export class AzureDnsClient implements TxtApi {
  private readonly service: RestService;
  private readonly zones: Zones<string>;
  private readonly writable = new Set<string>();

  constructor(spec: AzureDnsSpec) {
    const named: NamedService = {
      name: "Azure DNS",
      rights: `Give the identity the role DNS Zone Contributor on the zone, in the resource group ${spec.resourceGroup}.`,
      secrets: spec.clientSecret === undefined ? [] : [spec.clientSecret],
    };
    const token = tokenSource(named, spec);
    this.service = {
      ...named,
      endpoint: spec.endpoint,
      authorization: async (context) => `Bearer ${await token(context)}`,
      explain: explainAzure,
    };
    const group = `/subscriptions/${spec.subscriptionId}/resourceGroups/${encodeURIComponent(spec.resourceGroup)}`;
    this.zones = new Zones(this.service, (name, context) =>
      this.findZone(`${group}/providers/Microsoft.Network/dnsZones/${name}`, name, context),
    );
  }

  async add(name: string, value: string, context: SolverContext): Promise<void> {
    await this.change(name, withValue(value), context);
  }

  async remove(name: string, value: string, context: SolverContext): Promise<void> {
    await this.change(name, withoutValue(value), context);
  }

  /** Deletes a state of the record set that it never had: who may not delete is told so, and nothing is changed. */
  async check(name: string, context: SolverContext): Promise<void> {
    const zone = await this.zones.of(name, context);
    if (this.writable.has(zone)) return;
    const request = {
      doing: `change the TXT record ${name}`,
      path: recordPath(zone, name),
      method: "DELETE",
      headers: { "if-match": noEtag },
      accept: [400, 404, 409, preconditionFailed],
    };
    await rest(this.service, request, context);
    this.writable.add(zone);
  }

  private async change(
    name: string,
    change: (values: readonly string[]) => readonly string[],
    context: SolverContext,
  ): Promise<void> {
    const path = recordPath(await this.zones.of(name, context), name);
    const doing = `change the TXT record ${name}`;
    const accept = [404, preconditionFailed];
    const read = async (): Promise<ReadSet> => {
      const { json } = await rest(this.service, { doing: `read the TXT record ${name}`, path, accept: [404] }, context);
      const { etag, properties = {} } = json as { etag?: string; properties?: Properties };
      return { etag, properties, values: valuesOf(properties), ttl: properties.TTL };
    };
    const write = async ({ etag, properties }: ReadSet, values: readonly string[]): Promise<Written> => {
      const headers = etag === undefined ? { "if-none-match": "*" } : { "if-match": etag };
      const TXTRecords = values.map((value) => ({ value: value.match(/[^]{1,255}/g) ?? [""] }));
      const body = { properties: { TTL: challengeTtl, ...properties, TXTRecords } };
      const request = values.length === 0 ? { method: "DELETE", headers } : { method: "PUT", headers, body };
      const { status } = await rest(this.service, { doing, path, accept, ...request }, context);
      return status === preconditionFailed ? "conflict" : {};
    };
    await changeRecordSet(this.service, name, change, { read, write }, context);
  }

  /** The path of the zone. Whoever has rights for one zone only is refused to look for others. */
  private async findZone(path: string, name: string, context: SolverContext): Promise<string | undefined> {
    const doing = `look for the zone of ${name}`;
    const request = { doing, path: `${path}?api-version=${apiVersion}`, accept: [403, 404] };
    const { status } = await rest(this.service, request, context);
    return status < 300 ? path : undefined;
  }
}

function recordPath(zonePath: string, name: string): string {
  const zone = zonePath.slice(zonePath.lastIndexOf("/") + 1);
  const relative = name === zone ? "@" : name.slice(0, -zone.length - 1);
  return `${zonePath}/TXT/${encodeURIComponent(relative)}?api-version=${apiVersion}`;
}

function valuesOf({ TXTRecords = [] }: Properties): readonly string[] {
  return TXTRecords.map(({ value }) => value.join(""));
}

/** Resource Manager wraps the error, the DNS service does not. */
function explainAzure(json: unknown): string {
  const { error, code, message } = (json ?? {}) as { error?: unknown; code?: string; message?: string };
  if (typeof error === "object") return explainAzure(error);
  return [code, message].filter((text) => text !== undefined).join(": ");
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
function tokenSource(service: NamedService, spec: AzureDnsSpec): (context: SolverContext) => Promise<string> {
  const { tenantId, clientId = "", authorityHost } = spec;
  const scope = `${spec.endpoint}/.default`;
  if (tenantId === undefined) return keptToken((context) => ambientToken(service, spec, scope, context));
  return keptToken((context) => {
    const secret = requireCredential(spec.clientSecret, "azureDns", "clientSecret");
    const form = { grant_type: "client_credentials", client_id: clientId, client_secret: secret, scope };
    return requestToken(service, `${authorityHost}/${tenantId}/oauth2/v2.0/token`, form, context);
  });
}

async function ambientToken(
  service: NamedService,
  { clientId }: AzureDnsSpec,
  scope: string,
  { signal }: SolverContext,
): Promise<AccessToken> {
  const load = () => import("@azure/identity");
  const { DefaultAzureCredential } = await optionalPackage(
    "@azure/identity",
    "The azureDns solver without tenantId",
    load,
  );
  try {
    const credential = new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
    const { token, expiresOnTimestamp } = await credential.getToken(scope, { abortSignal: signal });
    return { token, expiresAt: expiresOnTimestamp };
  } catch (error) {
    signal.throwIfAborted();
    throw credentialsRefused(service, "get an access token from the environment", messageOf(error));
  }
}
