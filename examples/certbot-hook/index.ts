import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, exec } from "pulumi-certificates";

const config = new pulumi.Config();
const letsencrypt = config.get("letsencrypt") ?? "/etc/letsencrypt";

// In the place of an AcmeAccount, for which the machine would have to be on the internet.
const root = new CertificateAuthority("root", { commonName: "Example Root" });

const www = new Certificate("www", {
  issuer: root,
  dnsNames: ["www.internal.example", "internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

const site = new CertificateDeployment("site", {
  certificate: www,
  target: exec({
    style: "certbot",
    // The lineage in which certbot had it: whatever else reads these files goes on to find them.
    directory: `${letsencrypt}/live/www.internal.example`,
    command: [`${letsencrypt}/renewal-hooks/deploy/nginx.sh`],
    takeOver: true,
  }),
  endpoints: [{ address: "127.0.0.1", port: config.getNumber("port") ?? 443, serverName: "www.internal.example" }],
  timeout: "30s",
});

export const deployedFingerprint = site.deployedFingerprint;
export const serialNumber = www.serialNumber;
