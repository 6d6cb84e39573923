import { Certificate, CertificateAuthority } from "pulumi-certificates";

const trustDomain = "prod.example";

// The trust domain's CA: it can vouch for identities of this domain only.
const authority = new CertificateAuthority("authority", {
  commonName: "prod.example",
  duration: "1y",
  pathLength: 0,
  nameConstraints: { permitted: { uriDomains: [trustDomain] } },
});

// An X.509-SVID has one URI and may be used by clients and servers.
const identity = (name: string, path: string) =>
  new Certificate(name, {
    issuer: authority,
    uris: [`spiffe://${trustDomain}${path}`],
    extendedKeyUsages: ["serverAuth", "clientAuth"],
    duration: "24h",
    renewBefore: "12h",
  });

const api = identity("api", "/ns/payments/sa/api");
const worker = identity("worker", "/ns/payments/sa/worker");

/** The trust bundle of the domain. */
export const trustBundlePem = authority.trustBundlePem;
export const notAfter = { api: api.notAfter, worker: worker.notAfter };
