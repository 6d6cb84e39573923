import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, envoy } from "pulumi-certificates";

const config = new pulumi.Config();

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const web = new Certificate("web", {
  issuer: root,
  dnsNames: ["web.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

const edge = new CertificateDeployment("edge", {
  certificate: web,
  target: envoy({
    // As envoy.yaml has them; `npm start` sets other places.
    directory: config.get("directory") ?? "/etc/envoy/tls",
    secretName: "web",
    admin: config.get("admin") ?? "/run/envoy/admin.sock",
    // Only for an Envoy that does not run: a running one needs no command.
    reload: config.getObject<string[]>("start") ?? ["/usr/bin/systemctl", "start", "envoy"],
  }),
  endpoints: [{ address: "127.0.0.1", port: config.getNumber("port") ?? 8443, serverName: "web.internal.example" }],
});

export const deployedFingerprint = edge.deployedFingerprint;
export const serialNumber = web.serialNumber;
