import { existsSync, readFileSync } from "node:fs";
import { Certificate, CertificateAuthority } from "pulumi-certificates";

// What the offline root signed, once it is there. A certificate is public: it can be committed.
const signedCertificatePem = existsSync("signed/issuing.pem") ? readFileSync("signed/issuing.pem", "utf8") : undefined;

const issuing = new CertificateAuthority(
  "issuing",
  {
    commonName: "Example Issuing 1",
    signedBy: "external",
    pathLength: 0,
    ...(signedCertificatePem && {
      signedCertificatePem,
      signedTrustBundlePem: readFileSync("signed/root.pem", "utf8"),
    }),
  },
  { protect: true },
);

// Nothing can be issued before the signature is there.
const web =
  signedCertificatePem &&
  new Certificate("web", { issuer: issuing, dnsNames: ["web.internal.example"], duration: "90d" });

/** What the root has to sign. */
export const csrPem = issuing.csrPem;
export const fullChainPem = web
  ? web.fullChainPem
  : "not issued yet: sign csrPem with sign.sh, then run `pulumi up` again";
