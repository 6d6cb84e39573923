import { type CloudStandIn, standInZones, standInZoneOf } from "./cloudStandIn";
import { type StandInAnswer, type StandInRequest, startStandIn } from "./standIn";

interface RecordSet {
  readonly name: string;
  readonly ttl: number;
  /** Quoted, as they are sent. */
  readonly values: readonly string[];
}

const keys = { good: "AKIAGOODGOODGOODGOOD", readOnly: "AKIAREADREADREADREAD", wrong: "AKIAWRONGWRONGWRONG0" };
const secret = "route53/secret/Access+Key";
const role = { arn: "arn:aws:iam::123456789012:role/dns", key: "ASIAROLEROLEROLEROLE", token: "route53-session-token" };
const zoneIds = standInZones.map((zone, index) => [zone, `Z0000${index}EXAMPLE`] as const);
const namespace = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

/**
 * The API of Route 53, as far as TXT records need it, and AssumeRole of STS. Formats and refusals:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html,
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. A batch is done as a whole or not at all, and
 * a change is INSYNC when it was asked for the second time. Signatures are not checked, only whose they are.
 */
export async function startRoute53(): Promise<CloudStandIn> {
  const sets = new Map<string, RecordSet>();
  const polls = new Map<string, number>();

  const handle = (request: StandInRequest): StandInAnswer => {
    const [, key = ""] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
    if (key === role.key && request.headers["x-amz-security-token"] !== role.token)
      return failure(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    if (![keys.good, keys.readOnly, role.key].includes(key))
      return failure(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    if (request.path === "/" && request.body.includes("Action=AssumeRole")) return assumeRole(request);
    if (request.path === "/2013-04-01/hostedzonesbyname") return listZones(request);
    const [, change] = /^\/2013-04-01\/change\/(\w+)$/.exec(request.path) ?? [];
    if (change !== undefined) return changeStatus(change);
    const [, id] = /^\/2013-04-01\/hostedzone\/(\w+)\/rrset\/?$/.exec(request.path) ?? [];
    const [zone] = zoneIds.find(([, other]) => other === id) ?? [];
    if (zone === undefined) return failure(404, "NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
    if (request.method === "GET") return list(request);
    if (key === keys.readOnly)
      return failure(
        403,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: route53:ChangeResourceRecordSets",
      );
    return changeSets(zone, request.body);
  };

  const changeSets = (zone: string, body: string): StandInAnswer => {
    const next = new Map(sets);
    for (const [, change = ""] of body.matchAll(/<Change>(.*?)<\/Change>/gs)) {
      const action = tag(change, "Action");
      const name = tag(change, "Name").replace(/\.$/, "");
      const set: RecordSet = {
        name,
        ttl: Number(tag(change, "TTL")),
        values: [...change.matchAll(/<Value>(.*?)<\/Value>/gs)].map(([, value = ""]) => plain(value)),
      };
      const label = `resource record set [name='${name}.', type='TXT']`;
      if (standInZoneOf(name) === undefined || (name !== zone && !name.endsWith(`.${zone}`)))
        return invalidBatch(`RRSet with DNS name ${name}. is not permitted in zone ${zone}.`);
      if (set.values.some((value) => !/^"[^"]{0,255}"( "[^"]{0,255}")*$/.test(value)))
        return invalidBatch(
          `Invalid Resource Record: FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '${set.values.join()}'`,
        );
      const current = next.get(name);
      if (action === "CREATE") {
        if (current !== undefined) return invalidBatch(`Tried to create ${label} but it already exists`);
        next.set(name, set);
      } else if (action === "UPSERT") next.set(name, set);
      else {
        if (current === undefined) return invalidBatch(`Tried to delete ${label} but it was not found`);
        if (current.ttl !== set.ttl || [...current.values].sort().join() !== [...set.values].sort().join())
          return invalidBatch(`Tried to delete ${label} but the values provided do not match the current values`);
        next.delete(name);
      }
    }
    sets.clear();
    for (const [name, set] of next) sets.set(name, set);
    const id = `C${polls.size}EXAMPLE`;
    polls.set(id, 0);
    return xml(
      `<ChangeResourceRecordSetsResponse ${namespace}>${changeInfo(id, "PENDING")}</ChangeResourceRecordSetsResponse>`,
    );
  };

  const changeStatus = (id: string): StandInAnswer => {
    const count = polls.get(id);
    if (count === undefined) return failure(404, "NoSuchChange", `Could not find resource with ID: ${id}`);
    polls.set(id, count + 1);
    return xml(
      `<GetChangeResponse ${namespace}>${changeInfo(id, count === 0 ? "PENDING" : "INSYNC")}</GetChangeResponse>`,
    );
  };

  /** From the name that is asked for on, in the order of the names read from the right. */
  const list = ({ query }: StandInRequest): StandInAnswer => {
    const start = reversed(query.get("name") ?? "");
    const found = [...sets.values()].filter(({ name }) => reversed(name) >= start);
    found.sort((left, right) => (reversed(left.name) < reversed(right.name) ? -1 : 1));
    const shown = found
      .slice(0, Number(query.get("maxitems") ?? 300))
      .map(recordSetXml)
      .join("");
    return xml(
      `<ListResourceRecordSetsResponse ${namespace}><ResourceRecordSets>${shown}</ResourceRecordSets><IsTruncated>${found.length > 1}</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>`,
    );
  };

  const server = await startStandIn(handle);
  const change = (name: string, values: readonly string[]): void => {
    if (values.length === 0) sets.delete(name);
    else sets.set(name, { name, ttl: 300, values });
  };
  const valuesOf = (name: string): readonly string[] => sets.get(name)?.values ?? [];
  return {
    ...server,
    values: (name) => valuesOf(name).map((value) => value.slice(1, -1)),
    put: (name, value) => change(name, [...valuesOf(name), `"${value}"`]),
    take: (name, value) =>
      change(
        name,
        valuesOf(name).filter((other) => other !== `"${value}"`),
      ),
    args: {
      kind: "route53",
      accessKeyId: keys.good,
      secretAccessKey: secret,
      endpoint: server.url,
      stsEndpoint: server.url,
    },
    wrong: { accessKeyId: keys.wrong },
    readOnly: { accessKeyId: keys.readOnly },
  };
}

function assumeRole({ body }: StandInRequest): StandInAnswer {
  const asked = new URLSearchParams(body);
  if (asked.get("RoleArn") !== role.arn || asked.get("ExternalId") !== "stack-7")
    return {
      status: 403,
      body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/dns is not authorized to perform: sts:AssumeRole on resource: ${asked.get("RoleArn")}</Message></Error><RequestId>x</RequestId></ErrorResponse>`,
    };
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return xml(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${role.key}</AccessKeyId><SecretAccessKey>temporary/secret</SecretAccessKey><SessionToken>${role.token}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></AssumeRoleResponse>`,
  );
}

/** From the zone that is asked for on; example.org has a private zone beside the public one. */
function listZones({ query }: StandInRequest): StandInAnswer {
  const start = reversed(query.get("dnsname") ?? "");
  const all = [
    ...zoneIds.map(([zone, id]) => ({ zone, id, isPrivate: false })),
    { zone: "example.org", id: "ZPRIVATE", isPrivate: true },
  ];
  const found = all
    .filter(({ zone }) => reversed(zone) >= start)
    .sort((left, right) => (reversed(left.zone) < reversed(right.zone) ? -1 : 1));
  const shown = found.map(
    ({ zone, id, isPrivate }) =>
      `<HostedZone><Id>/hostedzone/${id}</Id><Name>${zone}.</Name><CallerReference>x</CallerReference><Config><PrivateZone>${isPrivate}</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount></HostedZone>`,
  );
  return xml(
    `<ListHostedZonesByNameResponse ${namespace}><HostedZones>${shown.join("")}</HostedZones><IsTruncated>false</IsTruncated><MaxItems>20</MaxItems></ListHostedZonesByNameResponse>`,
  );
}

const reversed = (name: string): string => name.replace(/\.$/, "").split(".").reverse().join(".");
const plain = (text: string): string =>
  text.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const tag = (text: string, name: string): string => new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(text)?.[1] ?? "";

const recordSetXml = ({ name, ttl, values }: RecordSet): string =>
  `<ResourceRecordSet><Name>${name}.</Name><Type>TXT</Type><TTL>${ttl}</TTL><ResourceRecords>${values
    .map((value) => `<ResourceRecord><Value>${escaped(value)}</Value></ResourceRecord>`)
    .join("")}</ResourceRecords></ResourceRecordSet>`;

const changeInfo = (id: string, status: string): string =>
  `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-11-22T00:00:00Z</SubmittedAt></ChangeInfo>`;

const xml = (body: string, status = 200): StandInAnswer => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

function failure(status: number, code: string, message: string): StandInAnswer {
  return xml(
    `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>x</RequestId></ErrorResponse>`,
    status,
  );
}

const invalidBatch = (message: string): StandInAnswer => failure(400, "InvalidChangeBatch", `[${message}]`);

/** What Route 53 answers while an earlier change of the zone is under way. */
export const priorRequestNotComplete = failure(
  400,
  "PriorRequestNotComplete",
  "The request was rejected because Route 53 was still processing a prior request.",
);
