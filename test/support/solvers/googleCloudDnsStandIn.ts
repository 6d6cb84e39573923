import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { type CloudStandIn, standInZones } from "./cloudStandIn";
import { type StandIn, type StandInAnswer, type StandInRequest, startStandIn } from "./standIn";

interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly rrdatas: readonly string[];
}

const project = "dns-project-1";
const { privateKey, publicKey } = keyPair();
const other = keyPair();
const emails = {
  good: "dns@dns-project-1.iam.gserviceaccount.com",
  readOnly: "reader@dns-project-1.iam.gserviceaccount.com",
};
const scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
const managed = [
  ...standInZones.map((zone) => ({ name: zone.replaceAll(".", "-"), zone, visibility: "public" })),
  { name: "internal-example-org", zone: "example.org", visibility: "private" },
];
const pathRoot = `/dns/v1/projects/${project}/managedZones`;

export interface GoogleCloudDnsStandIn extends CloudStandIn {
  /** Host and port of what an instance asks for its token. */
  readonly metadataHost: string;
}

/**
 * The API v1 of Google Cloud DNS, as far as TXT records need it, Google's token endpoint and the metadata server of an
 * instance. Formats and refusals: https://docs.cloud.google.com/dns/docs/reference/rest/v1/changes,
 * https://docs.cloud.google.com/dns/docs/reference/rest/v1/managedZones/list,
 * https://developers.google.com/identity/protocols/oauth2/service-account,
 * https://docs.cloud.google.com/compute/docs/metadata/querying-metadata. A change is done as a whole or not at all: what
 * it deletes must be there exactly so. It is done when it was asked for the second time.
 */
export async function startGoogleCloudDns(): Promise<GoogleCloudDnsStandIn> {
  const sets = new Map<string, RecordSet>();
  const polls = new Map<string, number>();
  let tokenUri = "";

  const handle = (request: StandInRequest): StandInAnswer => {
    if (request.path === "/token") return token(request, tokenUri);
    if (request.path.startsWith("/computeMetadata/v1")) return metadata(request);
    const account = /^Bearer ya29\.(\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (account === undefined || !Object.values(emails).includes(account))
      return failure(401, "authError", "Request had invalid authentication credentials.");
    const path = request.path.startsWith(pathRoot) ? request.path.slice(pathRoot.length) : undefined;
    if (path === undefined) return failure(403, "forbidden", "Forbidden");
    if (path === "") return listZones(request);
    const [, name = "", part, id = ""] = path.split("/");
    const zone = managed.find((one) => one.name === name);
    if (zone === undefined)
      return failure(404, "notFound", `The 'parameters.managedZone' resource named '${name}' does not exist.`);
    if (part === undefined) return { status: 200, body: zoneView(zone) };
    if (part === "rrsets") return list(request);
    if (request.method === "GET") return changeStatus(id);
    if (account === emails.readOnly)
      return failure(403, "forbidden", "Forbidden: the caller does not have permission dns.changes.create");
    return change(zone.zone, JSON.parse(request.body) as { additions?: RecordSet[]; deletions?: RecordSet[] });
  };

  const change = (
    zone: string,
    { additions = [], deletions = [] }: { additions?: RecordSet[]; deletions?: RecordSet[] },
  ): StandInAnswer => {
    const next = new Map(sets);
    for (const [at, set] of deletions.entries()) {
      const current = next.get(set.name);
      if (current === undefined)
        return failure(
          404,
          "notFound",
          `The 'entity.change.deletions[${at}]' resource named '${set.name} (TXT)' does not exist.`,
        );
      if (current.ttl !== set.ttl || [...current.rrdatas].sort().join() !== [...set.rrdatas].sort().join())
        return failure(412, "conditionNotMet", `Precondition not met for 'entity.change.deletions[${at}]'`);
      next.delete(set.name);
    }
    for (const [at, set] of additions.entries()) {
      if (!set.name.endsWith(`${zone}.`) || set.rrdatas.some((text) => !/^"[^"]*"$/.test(text)))
        return failure(400, "invalid", `Invalid value for 'entity.change.additions[${at}]'`);
      if (next.has(set.name))
        return failure(
          409,
          "alreadyExists",
          `The resource 'entity.change.additions[${at}]' named '${set.name} (TXT)' already exists`,
        );
      next.set(set.name, set);
    }
    sets.clear();
    for (const [name, set] of next) sets.set(name, set);
    const id = String(polls.size + 1);
    polls.set(id, 0);
    return { status: 200, body: { kind: "dns#change", id, status: "pending", additions, deletions } };
  };

  const changeStatus = (id: string): StandInAnswer => {
    const count = polls.get(id);
    if (count === undefined)
      return failure(404, "notFound", `The 'parameters.changeId' resource named '${id}' does not exist.`);
    polls.set(id, count + 1);
    return { status: 200, body: { kind: "dns#change", id, status: count === 0 ? "pending" : "done" } };
  };

  const list = ({ query }: StandInRequest): StandInAnswer => {
    const found = sets.get(query.get("name") ?? "");
    return {
      status: 200,
      body: {
        kind: "dns#resourceRecordSetsListResponse",
        rrsets: found === undefined ? [] : [{ kind: "dns#resourceRecordSet", ...found, signatureRrdatas: [] }],
      },
    };
  };

  const server: StandIn = await startStandIn(handle);
  tokenUri = `${server.url}/token`;
  const valuesOf = (name: string): string[] => (sets.get(`${name}.`)?.rrdatas ?? []).map((text) => text.slice(1, -1));
  const put = (name: string, values: readonly string[]): void => {
    if (values.length === 0) sets.delete(`${name}.`);
    else
      sets.set(`${name}.`, { name: `${name}.`, type: "TXT", ttl: 300, rrdatas: values.map((value) => `"${value}"`) });
  };
  const keyFile = (email: string, key: string): string =>
    JSON.stringify({
      type: "service_account",
      project_id: project,
      private_key_id: "k1",
      private_key: key,
      client_email: email,
      token_uri: tokenUri,
    });
  return {
    ...server,
    values: valuesOf,
    put: (name, value) => put(name, [...valuesOf(name), value]),
    take: (name, value) =>
      put(
        name,
        valuesOf(name).filter((one) => one !== value),
      ),
    args: {
      kind: "googleCloudDns",
      project,
      serviceAccountKey: keyFile(emails.good, privateKey),
      endpoint: server.url,
    },
    wrong: { serviceAccountKey: keyFile(emails.good, other.privateKey) },
    readOnly: { serviceAccountKey: keyFile(emails.readOnly, privateKey) },
    metadataHost: new URL(server.url).host,
  };

  function listZones({ query }: StandInRequest): StandInAnswer {
    const name = query.get("dnsName");
    const found = managed.filter(({ zone }) => name === null || `${zone}.` === name);
    return { status: 200, body: { kind: "dns#managedZonesListResponse", managedZones: found.map(zoneView) } };
  }
}

const zoneView = ({ name, zone, visibility }: (typeof managed)[number]) => ({
  kind: "dns#managedZone",
  name,
  dnsName: `${zone}.`,
  visibility,
});

/** Grants a token for an assertion that the key of the account has signed (RFC 7523, 3). */
function token({ body }: StandInRequest, tokenUri: string): StandInAnswer {
  const form = new URLSearchParams(body);
  const [header = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  const {
    iss,
    aud,
    scope: asked,
    iat,
    exp,
  } = read(claims) as { iss: string; aud: string; scope: string; iat: number; exp: number };
  const isSigned =
    read(header).alg === "RS256" &&
    verify(
      "sha256",
      Buffer.from(`${header}.${claims}`),
      createPublicKey(publicKey),
      Buffer.from(signature, "base64url"),
    );
  const refuse = (text: string): StandInAnswer => ({
    status: 400,
    body: { error: "invalid_grant", error_description: text },
  });
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer") return refuse("Unsupported grant type");
  if (!isSigned) return refuse("Invalid JWT Signature.");
  if (aud !== tokenUri || asked !== scope || exp - iat > 3600 || Math.abs(iat - Date.now() / 1000) > 300)
    return refuse("Invalid JWT: claims are not as expected.");
  return { status: 200, body: { access_token: `ya29.${iss}`, expires_in: 3599, token_type: "Bearer" } };
}

/** Every answer and every request bears this header. */
function metadata({ headers, path }: StandInRequest): StandInAnswer {
  const flavor = { "metadata-flavor": "Google" };
  if (headers["metadata-flavor"] !== "Google") return { status: 403, headers: flavor };
  if (path.endsWith("/token"))
    return {
      status: 200,
      headers: flavor,
      body: { access_token: `ya29.${emails.good}`, expires_in: 3599, token_type: "Bearer" },
    };
  return { status: 200, headers: { ...flavor, "content-type": "application/text" }, body: "ok" };
}

function failure(status: number, reason: string, message: string): StandInAnswer {
  return { status, body: { error: { code: status, message, errors: [{ message, domain: "global", reason }] } } };
}

/** What the service answers when there are too many requests. */
export const rateLimitExceeded = failure(403, "rateLimitExceeded", "Quota exceeded for quota metric 'Write requests'.");

function keyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}
