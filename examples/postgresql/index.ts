import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, postgresql } from "pulumi-certificates";

const config = new pulumi.Config();
const directory = config.get("directory") ?? "/etc/postgresql/tls";

const root = new CertificateAuthority("root", { commonName: "Example Root" });

const db = new Certificate("db", {
  issuer: root,
  dnsNames: ["db.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

const server = new CertificateDeployment("server", {
  certificate: db,
  target: postgresql({
    // As tls.conf has them; `npm start` sets other places.
    certificatePath: `${directory}/server.crt`,
    keyPath: `${directory}/server.key`,
    owner: config.get("owner") ?? "postgres",
    reload: config.getObject<string[]>("reload") ?? ["/usr/bin/systemctl", "reload", "postgresql"],
  }),
  // The server says only in its log that it could not load a certificate: what it serves is the proof.
  endpoints: [
    {
      address: config.get("address") ?? "127.0.0.1",
      port: config.getNumber("port") ?? 5432,
      protocol: "postgresql",
      serverName: "db.internal.example",
    },
  ],
  timeout: "30s",
});

export const deployedFingerprint = server.deployedFingerprint;
export const serialNumber = db.serialNumber;
/** For clients: `sslmode=verify-full sslrootcert=root.crt`. */
export const trustBundlePem = db.trustBundlePem;
