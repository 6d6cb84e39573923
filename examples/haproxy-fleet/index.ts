import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority, CertificateSet, DeploymentSet, haproxy } from "pulumi-certificates";

const config = new pulumi.Config();
const sites = config.getObject<string[]>("sites") ?? ["api", "shop", "www"];
const directory = config.get("directory") ?? "/etc/haproxy/tls";
const port = config.getNumber("port") ?? 443;
// Where they are left out, haproxy has its own defaults.
const haproxyArgs = config.getObject<{ socket?: string; socat?: string }>("haproxy") ?? {};
const reload = config.getObject<string[]>("reload") ?? ["/usr/bin/systemctl", "reload-or-restart", "haproxy"];

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const fleet = new CertificateSet("fleet", {
  issuer: root,
  members: Object.fromEntries(sites.map((site) => [site, { dnsNames: [`${site}.internal.example`] }])),
  duration: "90d",
  renewBefore: "30d",
});

// One resource for all of them. A site that is added or removed is added or removed here, too.
const balancer = new DeploymentSet("balancer", {
  certificates: fleet,
  target: (site) =>
    haproxy({ certificatePath: `${directory}/${site}.pem`, ...haproxyArgs, reload, onDelete: "remove" }),
  endpoints: () => [{ address: "127.0.0.1", port }],
  timeout: "30s",
});

export const changes = balancer.changes;
export const deployedFingerprints = balancer.deployedFingerprints;
