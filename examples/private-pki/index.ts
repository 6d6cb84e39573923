import { Certificate, CertificateAuthority } from "pulumi-certificates";

// The root signs CAs only. `protect` keeps `pulumi destroy` from removing it by accident.
const root = new CertificateAuthority(
  "root",
  { commonName: "Example Root", subject: { organization: "Example Ltd", country: "CH" }, duration: "10y" },
  { protect: true },
);

// The issuing CA signs certificates, no further CA (`pathLength: 0`), and only for these names.
const issuing = new CertificateAuthority(
  "issuing",
  {
    commonName: "Example Issuing 1",
    issuer: root,
    duration: "3y",
    pathLength: 0,
    nameConstraints: { permitted: { dnsDomains: ["internal.example"], ipRanges: ["10.0.0.0/8"] } },
  },
  { protect: true },
);

const web = new Certificate("web", {
  issuer: issuing,
  dnsNames: ["web.internal.example", "*.web.internal.example"],
  ipAddresses: ["10.0.0.7"],
  duration: "90d",
  renewBefore: "30d",
  owner: { team: "payments" },
});

/** What clients trust. */
export const trustBundlePem = root.trustBundlePem;
/** What the server sends. */
export const fullChainPem = web.fullChainPem;
/** Its key is a secret: `pulumi stack output privateKeyPem --show-secrets`. */
export const privateKeyPem = web.privateKeyPem;
export const renewal = web.renewal;
