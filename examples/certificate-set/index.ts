import { CertificateAuthority, CertificateSet } from "pulumi-certificates";

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const fleet = new CertificateSet("fleet", {
  issuer: root,
  duration: "60d",
  renewBefore: "20d",
  members: {
    gateway: { dnsNames: ["gateway.internal.example"] },
  },
  // Each team edits its own file. It can ask for what `permitted` allows and for nothing else.
  manifests: ["manifests/payments.yaml", "manifests/search.yaml"],
  permitted: {
    dnsDomains: ["payments.internal.example", "search.internal.example"],
    maxDuration: "60d",
    keyAlgorithms: ["ECDSA-P256"],
  },
  // After a mass issuance: at most so many renewals in one run, the others in the next.
  maxRenewalsPerUpdate: 50,
});

export const trustBundlePem = root.trustBundlePem;
/** A member goes wherever a `Certificate` goes, for example into a `CertificateDeployment`. */
export const checkoutNotAfter = fleet.member("checkout").notAfter;
