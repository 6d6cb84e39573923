import { type DnsServer, records, startDnsServer } from "../dnsServer";
import { type StandIn, type StandInAnswer, type StandInRequest, startStandIn } from "./standIn";

/**
 * Stands in for acme-dns, by its README ("Update endpoint") and the checks of its auth.go and validation.go: who is not
 * registered, or names another subdomain, gets 401 forbidden; a value that is not 43 characters of base64url gets 400.
 * https://github.com/joohoi/acme-dns
 */
export interface AcmeDnsStandIn extends StandIn {
  readonly registration: { readonly username: string; readonly password: string; readonly subdomain: string };
  /** The two values that it keeps, the newer one first. */
  values(): readonly string[];
  /** Its DNS, and that of the zone example.com, in which `_acme-challenge.<host>` are CNAME records to it. */
  readonly dns: DnsServer;
}

const zone = "auth.example.org";
const keptValues = 2;

export async function startAcmeDns(): Promise<AcmeDnsStandIn> {
  const registration = {
    username: "0d6f1cc5-25f1-4e0e-a1a4-0f0a1c7b6a11",
    password: "p".repeat(20) + "-_".repeat(10),
    subdomain: "8e5700ea-a4bf-41c7-8a77-e990661dcc6a",
  };
  let values: readonly string[] = [];
  const service = await startStandIn((request) => {
    if (request.method !== "POST" || request.path !== "/update") return { status: 404, body: "404 page not found" };
    const refusal = refusalOf(request, registration);
    if (refusal !== undefined) return refusal;
    const { txt } = JSON.parse(request.body) as { txt: string };
    values = [txt, ...values].slice(0, keptValues);
    return { status: 200, body: { txt } };
  });
  const target = `${registration.subdomain}.${zone}`;
  const dns = await startDnsServer(({ name, type }) => {
    if (name === target && type === 16) return { answers: values.map((value) => records.txt(target, value)) };
    const isAlias = name.startsWith("_acme-challenge.") && name.endsWith(".example.com") && !name.includes(".plain.");
    if (isAlias) return { answers: [records.cname(name, target)] };
    return { authorities: [records.soa(name.endsWith(zone) ? zone : "example.com")] };
  });
  return {
    ...service,
    registration,
    values: () => values,
    dns,
    close: async () => {
      await dns.close();
      await service.close();
    },
  };
}

function refusalOf(
  { headers, body }: StandInRequest,
  registration: AcmeDnsStandIn["registration"],
): StandInAnswer | undefined {
  const { subdomain, txt } = JSON.parse(body) as Record<string, unknown>;
  const isKnown = headers["x-api-user"] === registration.username && headers["x-api-key"] === registration.password;
  if (!isKnown || subdomain !== registration.subdomain) return { status: 401, body: { error: "forbidden" } };
  if (typeof txt === "string" && /^[\w-]{43}$/.test(txt)) return undefined;
  return { status: 400, body: { error: "bad_txt" } };
}
