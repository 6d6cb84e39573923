import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  Certificate,
  CertificateAuthority,
  CertificateDeployment,
  CertificateSet,
  EndpointVerification,
  files,
} from "pulumi-certificates";

// `npm run quickstart` sets these for its web server; without them the files are written and nothing is reloaded.
const config = new pulumi.Config("quickstart");
const directory = config.get("directory") ?? resolve("tls");
const reload = config.getObject<string[]>("reload");
const port = config.getNumber("port");

// Two CAs: the root that clients trust, and the one that signs. For real use keep the root offline (see ../offline-root)
// and set `protect` on both.
const root = new CertificateAuthority("root", { commonName: "Quickstart Root", duration: "10y" });
const issuing = new CertificateAuthority("issuing", {
  commonName: "Quickstart Issuing 1",
  issuer: root,
  duration: "3y",
  pathLength: 0,
});

// A certificate that lives 90 days and is renewed 30 days before its end.
const web = new Certificate("web", {
  issuer: issuing,
  dnsNames: ["web.internal.example"],
  duration: "90d",
  renewBefore: "30d",
  owner: { team: "payments" },
});

// Several in one resource; each has its own schedule.
const fleet = new CertificateSet("fleet", {
  issuer: issuing,
  duration: "180d",
  members: {
    billing: { dnsNames: ["billing.internal.example"] },
    orders: { dnsNames: ["orders.internal.example"], duration: "80d", renewBefore: "30d" },
    search: { dnsNames: ["search.internal.example"] },
  },
});

// The files that the web server reads. They change all at once, then the server is told.
const edge = new CertificateDeployment("edge", {
  certificate: web,
  target: files({
    directory,
    files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey", "ca.pem": "trustBundle" },
    ...(reload && { reload }),
    onDelete: "remove",
  }),
});

// `pulumi up` is done when the server really serves the new certificate, and fails if it does not.
if (port) {
  new EndpointVerification(
    "edge-live",
    { certificate: web, endpoints: [{ address: "127.0.0.1", port }] },
    { dependsOn: edge },
  );
}

export const webRenewal = web.renewal;
export const webNotAfter = web.notAfter;
export const webSerialNumber = web.serialNumber;
export const ordersNotAfter = fleet.member("orders").notAfter;
