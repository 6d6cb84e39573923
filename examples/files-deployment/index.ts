import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, files } from "pulumi-certificates";

const config = new pulumi.Config();
const port = config.getNumber("port");

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const web = new Certificate("web", {
  issuer: root,
  dnsNames: ["web.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

const edge = new CertificateDeployment("edge", {
  certificate: web,
  target: files({
    directory: resolve("tls"),
    files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey", "ca.pem": "trustBundle" },
    reload: [resolve("reload.sh")],
    // For nginx:
    //   directory: "/etc/nginx/tls",
    //   owner: "root",
    //   check: ["/usr/sbin/nginx", "-t"],
    //   reload: ["/usr/bin/systemctl", "reload", "nginx"],
    onDelete: "remove",
  }),
  // `up` ends when the server serves the new certificate; if it does not, what was there before comes back.
  endpoints: port === undefined ? [] : [{ address: "127.0.0.1", port }],
});

export const deployedFingerprint = edge.deployedFingerprint;
export const notAfter = web.notAfter;
