import { randomBytes } from "node:crypto";
import { type CloudStandIn, standInZones, standInZoneOf } from "./cloudStandIn";
import { type StandInAnswer, type StandInRequest, startStandIn } from "./standIn";

interface Stored {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly ttl: number;
}

const tokens = {
  good: "cf-good-token-0123456789",
  readOnly: "cf-read-token-0123456789",
  wrong: "cf-wrong-token-012345",
};
const idOf = (zone: string): string => Buffer.from(zone).toString("hex").padEnd(32, "0").slice(0, 32);

/**
 * The API v4 of Cloudflare, as far as TXT records need it. Formats and error codes:
 * https://developers.cloudflare.com/api/resources/dns/subresources/records/,
 * https://developers.cloudflare.com/api/resources/zones/methods/list/,
 * https://developers.cloudflare.com/fundamentals/api/troubleshooting/.
 */
export async function startCloudflare(): Promise<CloudStandIn> {
  let records: Stored[] = [];
  const store = (zone: string, name: string, content: string, type = "TXT", ttl = 60): Stored => {
    const record = { id: randomBytes(16).toString("hex"), zone, type, name, content, ttl };
    records.push(record);
    return record;
  };

  const handle = (request: StandInRequest): StandInAnswer => {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || token.length < 20)
      return failure(400, 6003, "Invalid request headers", [
        { code: 6111, message: "Invalid format for Authorization header" },
      ]);
    if (token !== tokens.good && token !== tokens.readOnly) return failure(403, 9109, "Invalid access token");
    if (request.method !== "GET" && token === tokens.readOnly) return failure(403, 10000, "Authentication error");
    const [, zoneId, recordId] = /^\/zones(?:\/([^/]+)\/dns_records(?:\/([^/]+))?)?$/.exec(request.path) ?? [];
    if (request.path === "/zones") return listZones(request);
    const zone = standInZones.find((name) => idOf(name) === zoneId);
    if (zone === undefined) return failure(403, 10000, "Authentication error");
    if (recordId !== undefined) {
      if (request.method !== "DELETE") return failure(405, 10405, "Method not allowed");
      if (!records.some(({ id }) => id === recordId)) return failure(404, 81044, "Record does not exist.");
      records = records.filter(({ id }) => id !== recordId);
      return success({ id: recordId });
    }
    return request.method === "POST" ? create(zone, request) : list(zone, request);
  };

  const create = (zone: string, { body }: StandInRequest): StandInAnswer => {
    const { type, name, content, ttl } = JSON.parse(body) as Stored;
    if (type !== "TXT" || typeof content !== "string") return failure(400, 9005, "Content for TXT record is invalid.");
    if (ttl !== 1 && (ttl < 60 || ttl > 86_400))
      return failure(400, 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic.");
    if (name !== zone && !name.endsWith(`.${zone}`)) return failure(400, 9999, "The name is not in the zone.");
    if (records.some((one) => one.name === name && one.type === type && one.content === content))
      return failure(400, 81058, "An identical record already exists.");
    return success(store(zone, name, content, type, ttl));
  };

  const list = (zone: string, { query }: StandInRequest): StandInAnswer => {
    const perPage = Number(query.get("per_page") ?? 100);
    const page = Number(query.get("page") ?? 1);
    const found = records.filter(
      (one) =>
        one.zone === zone &&
        one.type === (query.get("type") ?? one.type) &&
        one.name === (query.get("name") ?? one.name),
    );
    const shown = found.slice((page - 1) * perPage, page * perPage);
    return success(shown, {
      page,
      per_page: perPage,
      count: shown.length,
      total_count: found.length,
      total_pages: Math.max(1, Math.ceil(found.length / perPage)),
    });
  };

  const server = await startStandIn(handle);
  return {
    ...server,
    values: (name) =>
      records
        .filter((one) => one.name === name && one.type === "TXT")
        .map(({ content }) => content.replace(/^"(.*)"$/, "$1")),
    put: (name, value) => void store(standInZoneOf(name) ?? "", name, `"${value}"`),
    take: (name, value) =>
      (records = records.filter((one) => one.name !== name || one.content.replaceAll('"', "") !== value)),
    args: { kind: "cloudflare", apiToken: tokens.good, endpoint: server.url },
    wrong: { apiToken: tokens.wrong },
    readOnly: { apiToken: tokens.readOnly },
  };
}

function listZones({ query }: StandInRequest): StandInAnswer {
  const name = query.get("name");
  const zones = standInZones.filter((zone) => name === null || zone === name);
  const result = zones.map((zone) => ({ id: idOf(zone), name: zone, status: "active", type: "full" }));
  return success(result, { page: 1, per_page: 20, count: result.length, total_count: result.length, total_pages: 1 });
}

function success(result: unknown, info?: unknown): StandInAnswer {
  return {
    status: 200,
    body: { success: true, errors: [], messages: [], result, ...(info !== undefined && { result_info: info }) },
  };
}

function failure(status: number, code: number, message: string, chain?: unknown): StandInAnswer {
  const error = { code, message, ...(chain !== undefined && { error_chain: chain }) };
  return { status, body: { success: false, errors: [error], messages: [], result: null } };
}
