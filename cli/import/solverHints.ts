import type { Candidate } from "./consider";

/** What stands in an AcmeAccount's `solvers` for the authenticators of certbot and acme.sh. */
const solvers: Readonly<Record<string, string>> = {
  webroot: "http01: webroot({ path })",
  nginx: "http01: webroot({ path })",
  apache: "http01: webroot({ path })",
  standalone: "http01: standalone({ port: 80 })",
  alpn: "tlsAlpn01: standalone({ port: 443 })",
  manual: "dns01: exec({ … })",
  "dns-route53": "dns01: route53({ region })",
  dns_aws: "dns01: route53({ region })",
  "dns-cloudflare": "dns01: cloudflare({ … })",
  dns_cf: "dns01: cloudflare({ … })",
  "dns-google": "dns01: googleCloudDns({ … })",
  dns_gcloud: "dns01: googleCloudDns({ … })",
  "dns-azure": "dns01: azureDns({ … })",
  dns_azure: "dns01: azureDns({ … })",
  "dns-digitalocean": "dns01: digitalOcean({ … })",
  dns_dgon: "dns01: digitalOcean({ … })",
  "dns-rfc2136": "dns01: rfc2136({ … })",
  dns_nsupdate: "dns01: rfc2136({ … })",
  "dns-acmedns": "dns01: acmeDns({ … })",
  dns_acmedns: "dns01: acmeDns({ … })",
  dns_pdns: "dns01: powerDns({ … })",
};

export interface AuthenticatorUse {
  readonly authenticator: string;
  readonly certificates: number;
  /** Absent where the package has no solver of its own: an `exec` hook can run the tool's script. */
  readonly solver?: string;
}

/** Which authenticators the certificates were proved by, the most frequent first. */
export function authenticatorsOf(candidates: readonly Candidate[]): AuthenticatorUse[] {
  const counts = new Map<string, number>();
  for (const { authenticator } of candidates)
    if (authenticator !== undefined) counts.set(authenticator, (counts.get(authenticator) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([authenticator, certificates]) => {
      const solver = Object.hasOwn(solvers, authenticator) ? solvers[authenticator] : undefined;
      return { authenticator, certificates, ...(solver === undefined ? {} : { solver }) };
    });
}
