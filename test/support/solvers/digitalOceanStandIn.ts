import { type CloudStandIn, standInZones, standInZoneOf } from "./cloudStandIn";
import { type StandInAnswer, type StandInRequest, startStandIn } from "./standIn";

interface Stored {
  readonly id: number;
  readonly domain: string;
  readonly type: string;
  readonly name: string;
  readonly data: string;
  readonly ttl: number;
}

const tokens = { good: "dop_v1_good", readOnly: "dop_v1_read", wrong: "dop_v1_wrong" };

/**
 * The API v2 of DigitalOcean, as far as TXT records need it. Formats, ids of errors and scopes:
 * https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records,
 * https://docs.digitalocean.com/reference/api/scopes/domain/. Records are kept twice if they are made twice.
 */
export async function startDigitalOcean(): Promise<CloudStandIn> {
  let records: Stored[] = [];
  let lastId = 3_352_895;
  const store = (domain: string, name: string, data: string, type = "TXT", ttl = 1800): Stored => {
    const record = { id: ++lastId, domain, type, name, data, ttl };
    records.push(record);
    return record;
  };

  const handle = (request: StandInRequest): StandInAnswer => {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token !== tokens.good && token !== tokens.readOnly)
      return failure(401, "Unauthorized", "Unable to authenticate you");
    if (request.method !== "GET" && token === tokens.readOnly)
      return failure(403, "Forbidden", "You are missing the required permission domain:delete");
    const [, domain, isRecords, id] = /^\/domains\/([^/]+)(\/records)?(?:\/(\d+))?$/.exec(request.path) ?? [];
    if (!standInZones.some((zone) => zone === domain) || domain === undefined) return notFound();
    if (isRecords === undefined) return { status: 200, body: { domain: { name: domain, ttl: 1800, zone_file: "" } } };
    if (id !== undefined) {
      if (!records.some((one) => one.id === Number(id))) return notFound();
      records = records.filter((one) => one.id !== Number(id));
      return { status: 204 };
    }
    return request.method === "POST" ? create(domain, request) : list(domain, request);
  };

  const create = (domain: string, { body }: StandInRequest): StandInAnswer => {
    const { type, name, data, ttl = 1800 } = JSON.parse(body) as Stored;
    if (type !== "TXT" || typeof data !== "string" || data === "")
      return failure(422, "unprocessable_entity", "Data needs to be specified.");
    if (ttl < 30) return failure(422, "unprocessable_entity", "TTL must be at least 30 seconds.");
    if (name.endsWith(`.${domain}`)) return failure(422, "unprocessable_entity", "Name is relative to the domain.");
    return { status: 201, body: { domain_record: view(store(domain, name, data, type, ttl)) } };
  };

  const list = (domain: string, { path, query }: StandInRequest): StandInAnswer => {
    const perPage = Number(query.get("per_page") ?? 20);
    const page = Number(query.get("page") ?? 1);
    const wanted = query.get("name");
    const found = records.filter(
      (one) =>
        one.domain === domain &&
        one.type === (query.get("type") ?? one.type) &&
        (wanted === null || fullName(one) === wanted),
    );
    const hasNext = found.length > page * perPage;
    return {
      status: 200,
      body: {
        domain_records: found.slice((page - 1) * perPage, page * perPage).map(view),
        links: hasNext ? { pages: { next: `https://api.digitalocean.com/v2${path}?page=${page + 1}` } } : {},
        meta: { total: found.length },
      },
    };
  };

  const server = await startStandIn(handle);
  return {
    ...server,
    values: (name) => records.filter((one) => fullName(one) === name).map(({ data }) => data),
    put(name, value) {
      const zone = standInZoneOf(name) ?? "";
      store(zone, name === zone ? "@" : name.slice(0, -zone.length - 1), value);
    },
    take: (name, value) => (records = records.filter((one) => fullName(one) !== name || one.data !== value)),
    args: { kind: "digitalOcean", token: tokens.good, endpoint: server.url },
    wrong: { token: tokens.wrong },
    readOnly: { token: tokens.readOnly },
  };
}

const fullName = ({ name, domain }: Stored): string => (name === "@" ? domain : `${name}.${domain}`);

const view = ({ id, type, name, data, ttl }: Stored) => ({
  id,
  type,
  name,
  data,
  ttl,
  priority: null,
  port: null,
  weight: null,
  flags: null,
  tag: null,
});

const notFound = (): StandInAnswer => failure(404, "not_found", "The resource you were accessing could not be found.");

function failure(status: number, id: string, message: string): StandInAnswer {
  return { status, body: { id, message, request_id: "4d9d8375-3c56-4925-a3e7-eb137fed17e9" } };
}
