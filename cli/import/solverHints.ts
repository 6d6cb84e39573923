import type { SolverSlot } from "../../sdk/solvers/registry";
import type { Candidate } from "./consider";

/** A solver of the package in place of what another tool proved names by. */
export interface SolverHint {
  readonly slot: SolverSlot;
  readonly factory: string;
  /** Each argument: what it is, or whether it comes from the stack's settings, as a secret if it is one. */
  readonly args: Readonly<Record<string, number | "setting" | "secret" | "webroot">>;
}

const webroot: SolverHint = { slot: "http01", factory: "webroot", args: { path: "webroot" } };
const dns = (factory: string, args: SolverHint["args"]): SolverHint => ({ slot: "dns01", factory, args });
const route53 = dns("route53", { region: "setting" });
const cloudflare = dns("cloudflare", { apiToken: "secret" });
const googleCloudDns = dns("googleCloudDns", { project: "setting", serviceAccountKey: "secret" });
const azureDns = dns("azureDns", {
  subscriptionId: "setting",
  resourceGroup: "setting",
  tenantId: "setting",
  clientId: "setting",
  clientSecret: "secret",
});
const digitalOcean = dns("digitalOcean", { token: "secret" });
const rfc2136 = dns("rfc2136", { server: "setting", keyName: "setting", key: "secret" });
const acmeDns = dns("acmeDns", { url: "setting", username: "setting", password: "secret", subdomain: "setting" });

/** What stands in an AcmeAccount's `solvers` for the authenticators of certbot and acme.sh. */
export const solverHints: Readonly<Record<string, SolverHint>> = {
  webroot,
  nginx: webroot,
  apache: webroot,
  standalone: { slot: "http01", factory: "standalone", args: { port: 80 } },
  alpn: { slot: "tlsAlpn01", factory: "standalone", args: { port: 443 } },
  "dns-route53": route53,
  dns_aws: route53,
  "dns-cloudflare": cloudflare,
  dns_cf: cloudflare,
  "dns-google": googleCloudDns,
  dns_gcloud: googleCloudDns,
  "dns-azure": azureDns,
  dns_azure: azureDns,
  "dns-digitalocean": digitalOcean,
  dns_dgon: digitalOcean,
  "dns-rfc2136": rfc2136,
  dns_nsupdate: rfc2136,
  "dns-acmedns": acmeDns,
  dns_acmedns: acmeDns,
  dns_pdns: dns("powerDns", { url: "setting", apiKey: "secret" }),
};

/** Where the package has no solver of its own: the tool's own hook is run. */
const scripts = "dns01: exec({ style, command }) with the tool's own hook";

/** The solver for an authenticator; undefined where the package has none of its own. */
export function solverHint(authenticator: string): SolverHint | undefined {
  return Object.hasOwn(solverHints, authenticator) ? solverHints[authenticator] : undefined;
}

/** As a report names it: `dns01: route53({ region })`. */
export function describeHint(hint: SolverHint | undefined): string {
  if (hint === undefined) return scripts;
  const { slot, factory, args } = hint;
  const named = Object.entries(args).map(([name, value]) => (typeof value === "number" ? `${name}: ${value}` : name));
  return `${slot}: ${factory}({ ${named.join(", ")} })`;
}

export interface AuthenticatorUse {
  readonly authenticator: string;
  readonly certificates: number;
  readonly solver: string;
}

/** Which authenticators the certificates were proved by, the most frequent first. */
export function authenticatorsOf(candidates: readonly Candidate[]): AuthenticatorUse[] {
  const counts = new Map<string, number>();
  for (const { authenticator } of candidates)
    if (authenticator !== undefined) counts.set(authenticator, (counts.get(authenticator) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([authenticator, certificates]) => ({
      authenticator,
      certificates,
      solver: describeHint(solverHint(authenticator)),
    }));
}
