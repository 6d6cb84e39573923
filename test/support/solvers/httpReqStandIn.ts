import { createHash } from "node:crypto";
import { type StandIn, startStandIn } from "./standIn";

/**
 * Stands in for a server of the httpreq protocol: POST /present and /cleanup, in the default mode {fqdn, value}, in the
 * mode RAW {domain, token, keyAuth}, with basic authentication. https://go-acme.github.io/lego/dns/httpreq
 */
export interface HttpReqStandIn extends StandIn {
  readonly username: string;
  readonly password: string;
  /** The values at a name without its last dot. */
  values(name: string): readonly string[];
  /** All of them. */
  all(): readonly string[];
}

export async function startHttpReq(mode: "default" | "raw"): Promise<HttpReqStandIn> {
  const [username, password] = ["certificates", "a password: of the test"];
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const kept = new Map<string, Set<string>>();
  const service = await startStandIn(({ method, path, headers, body }) => {
    if (method !== "POST" || (path !== "/present" && path !== "/cleanup")) return { status: 404, body: "not found" };
    if (headers["authorization"] !== authorization) return { status: 401, body: `wrong: ${headers["authorization"]}` };
    const record = recordOf(mode, JSON.parse(body) as Record<string, unknown>);
    if (record === undefined) return { status: 400, body: { message: `malformed for the mode ${mode}` } };
    const values = kept.get(record.fqdn) ?? new Set();
    kept.set(record.fqdn, values);
    if (path === "/present") values.add(record.value);
    else values.delete(record.value);
    return { status: 200, body: {} };
  });
  return {
    ...service,
    username,
    password,
    values: (name) => [...(kept.get(`${name}.`) ?? [])],
    all: () => [...kept.values()].flatMap((values) => [...values]),
  };
}

function recordOf(mode: string, body: Record<string, unknown>): { fqdn: string; value: string } | undefined {
  const { fqdn, value, domain, token, keyAuth } = body;
  const names = Object.keys(body).sort().join();
  if (mode === "default") {
    const isRight = names === "fqdn,value" && typeof fqdn === "string" && fqdn.endsWith(".");
    return isRight && typeof value === "string" ? { fqdn, value } : undefined;
  }
  if (names !== "domain,keyAuth,token" || typeof keyAuth !== "string" || !keyAuth.startsWith(`${String(token)}.`))
    return undefined;
  const digest = createHash("sha256").update(keyAuth).digest("base64url");
  return { fqdn: `_acme-challenge.${String(domain)}.`, value: digest };
}
