import { randomUUID } from "node:crypto";
import { type CloudStandIn, standInZones, standInZoneOf } from "./cloudStandIn";
import { type StandInAnswer, type StandInRequest, startStandIn } from "./standIn";

interface RecordSet {
  readonly etag: string;
  readonly properties: {
    readonly TTL: number;
    readonly metadata?: Readonly<Record<string, string>>;
    readonly TXTRecords: readonly { readonly value: readonly string[] }[];
  };
}

const tenant = "11111111-1111-4111-8111-111111111111";
const subscription = "22222222-2222-4222-8222-222222222222";
const group = "dns-group";
const clients = {
  good: "33333333-3333-4333-8333-333333333333",
  readOnly: "44444444-4444-4444-8444-444444444444",
};
const secret = "azure~client~secret";
const identityHeader = "managed-identity-header";
const zoneRoot = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/dnsZones/`;

export interface AzureDnsStandIn extends CloudStandIn {
  /** What an App Service offers to whoever runs in it, for managed identity. */
  readonly identity: Readonly<Record<string, string>>;
  /** What a record set holds besides its values. */
  metadata(name: string): unknown;
  describe(name: string, metadata: Record<string, string>): void;
}

/**
 * Azure Resource Manager, as far as TXT record sets need it, the token endpoint of Microsoft Entra ID, and the identity
 * endpoint of an App Service. Formats and refusals: https://learn.microsoft.com/en-us/rest/api/dns/record-sets,
 * https://learn.microsoft.com/en-us/azure/dns/dns-zones-records#etags,
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
 * https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference.
 * The identity has rights for its zones only: it may not ask whether there are others, which is status 403.
 */
export async function startAzureDns(): Promise<AzureDnsStandIn> {
  const sets = new Map<string, RecordSet>();
  const tokens = new Map<string, string>();
  const grant = (client: string): string => {
    const token = `azure-token-${randomUUID()}`;
    tokens.set(token, client);
    return token;
  };

  const handle = (request: StandInRequest): StandInAnswer => {
    if (request.path === `/${tenant}/oauth2/v2.0/token`) return token(request, grant);
    if (request.path === "/msi/token") return managedIdentity(request, grant);
    const client = tokens.get(/^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "");
    if (client === undefined) return failure(401, "InvalidAuthenticationToken", "The access token is invalid.");
    if (request.query.get("api-version") !== "2018-05-01")
      return failure(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.");
    const [zone = "", type, relative = ""] = request.path.startsWith(zoneRoot)
      ? request.path.slice(zoneRoot.length).split("/")
      : [];
    if (!standInZones.some((known) => known === zone)) return notAuthorized(client, request);
    if (type === undefined)
      return { status: 200, body: { id: `${zoneRoot}${zone}`, name: zone, properties: { zoneType: "Public" } } };
    if (request.method !== "GET" && client === clients.readOnly) return notAuthorized(client, request);
    return onSet(relative === "@" ? zone : `${relative}.${zone}`, request);
  };

  const onSet = (name: string, request: StandInRequest): StandInAnswer => {
    const current = sets.get(name);
    if (request.method === "GET") return current === undefined ? recordMissing(name) : view(name, current, 200);
    const { "if-match": match, "if-none-match": noneMatch } = request.headers;
    if (match !== undefined && match !== current?.etag && !(request.method === "DELETE" && current === undefined))
      return failed(412, "PreconditionFailed", `The condition '${match}' in the If-Match header was not satisfied.`);
    if (noneMatch === "*" && current !== undefined)
      return failed(412, "PreconditionFailed", "The Record set exists already, and the If-None-Match header is '*'.");
    if (request.method === "DELETE") {
      sets.delete(name);
      return { status: current === undefined ? 204 : 200 };
    }
    const { properties } = JSON.parse(request.body) as { properties: RecordSet["properties"] };
    const isText = properties.TXTRecords?.every(({ value }) => value.every((text) => text.length <= 255));
    if (isText !== true || !Number.isInteger(properties.TTL) || properties.TXTRecords.length === 0)
      return failed(400, "BadRequest", "The record set is malformed.");
    sets.set(name, { etag: randomUUID(), properties });
    return view(name, sets.get(name) as RecordSet, current === undefined ? 201 : 200);
  };

  const valuesOf = (name: string): readonly string[] =>
    (sets.get(name)?.properties.TXTRecords ?? []).map(({ value }) => value.join(""));
  const change = (name: string, values: readonly string[], metadata?: Record<string, string>): void => {
    const TXTRecords = values.map((value) => ({ value: [value] }));
    const kept = sets.get(name)?.properties ?? {};
    if (values.length === 0) sets.delete(name);
    else
      sets.set(name, {
        etag: randomUUID(),
        properties: { TTL: 3600, ...kept, TXTRecords, ...(metadata && { metadata }) },
      });
  };

  const server = await startStandIn(handle);
  return {
    ...server,
    values: valuesOf,
    put: (name, value) => change(name, [...valuesOf(name), value]),
    take: (name, value) =>
      change(
        name,
        valuesOf(name).filter((other) => other !== value),
      ),
    metadata: (name) => sets.get(name)?.properties.metadata,
    describe: (name, metadata) => change(name, valuesOf(name), metadata),
    args: {
      kind: "azureDns",
      subscriptionId: subscription,
      resourceGroup: group,
      tenantId: tenant,
      clientId: clients.good,
      clientSecret: secret,
      endpoint: server.url,
      authorityHost: server.url,
    },
    wrong: { clientSecret: "azure~wrong~secret" },
    readOnly: { clientId: clients.readOnly },
    identity: { IDENTITY_ENDPOINT: `${server.url}/msi/token`, IDENTITY_HEADER: identityHeader },
  };
}

function token({ body }: StandInRequest, grant: (client: string) => string): StandInAnswer {
  const form = new URLSearchParams(body);
  const client = form.get("client_id") ?? "";
  if (form.get("grant_type") !== "client_credentials" || form.get("scope")?.endsWith("/.default") !== true)
    return {
      status: 400,
      body: { error: "invalid_scope", error_description: "AADSTS1002012: The provided value for scope is not valid." },
    };
  if (!Object.values(clients).includes(client))
    return {
      status: 400,
      body: {
        error: "unauthorized_client",
        error_description: `AADSTS700016: Application with identifier '${client}' was not found in the directory.`,
      },
    };
  if (form.get("client_secret") !== secret)
    return {
      status: 401,
      body: {
        error: "invalid_client",
        error_description: "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0",
      },
    };
  return {
    status: 200,
    body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: grant(client) },
  };
}

function managedIdentity({ headers, query }: StandInRequest, grant: (client: string) => string): StandInAnswer {
  if (headers["x-identity-header"] !== identityHeader) return { status: 401 };
  const expires = Math.floor(Date.now() / 1000) + 3600;
  return {
    status: 200,
    body: {
      access_token: grant(clients.good),
      expires_on: String(expires),
      resource: query.get("resource"),
      token_type: "Bearer",
    },
  };
}

function view(name: string, { etag, properties }: RecordSet, status: number): StandInAnswer {
  const zone = standInZoneOf(name) ?? "";
  const relative = name === zone ? "@" : name.slice(0, -zone.length - 1);
  const id = `${zoneRoot}${zone}/TXT/${relative}`;
  return {
    status,
    body: {
      id,
      name: relative,
      type: "Microsoft.Network/dnszones/TXT",
      etag,
      properties: { ...properties, fqdn: `${name}.`, provisioningState: "Succeeded" },
    },
  };
}

const recordMissing = (name: string): StandInAnswer =>
  failed(404, "NotFound", `The resource record '${name}' does not exist in resource group '${group}'.`);

const notAuthorized = (client: string, { method, path }: StandInRequest): StandInAnswer =>
  failure(
    403,
    "AuthorizationFailed",
    `The client '${client}' does not have authorization to perform action '${method}' over scope '${path}'.`,
  );

/** Resource Manager's own refusals. */
const failure = (status: number, code: string, message: string): StandInAnswer => ({
  status,
  body: { error: { code, message } },
});

/** Those of the DNS service behind it. */
const failed = (status: number, code: string, message: string): StandInAnswer => ({ status, body: { code, message } });
