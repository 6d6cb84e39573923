import { Certificate, CertificateAuthority } from "pulumi-certificates";

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const web = new Certificate("web", {
  issuer: root,
  dnsNames: ["web.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

export const renewal = web.renewal;
