import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority, CertificateDeployment, files, pkcs12 } from "pulumi-certificates";

// The password: the stack's secret `password`, or one that is made once and stands beside the keystore, as Java
// servers have it. It goes into the keystore only: the state of the certificate does not hold it.
const password = new pulumi.Config().getSecret("password") ?? pulumi.secret(passwordFile("password.txt"));

const root = new CertificateAuthority("root", { commonName: "Example Root" });

// RSA for programs that know nothing else; ECDSA-P256 is the default.
const broker = new Certificate("broker", {
  issuer: root,
  commonName: "broker.internal.example", // what key stores and their tools show
  dnsNames: ["broker.internal.example"],
  privateKey: { algorithm: "RSA-3072" },
});

const deployment = new CertificateDeployment("broker", {
  certificate: broker,
  target: files({
    directory: resolve("tls"),
    files: {
      "broker.p12": pkcs12({ password, alias: "broker" }),
      // For Windows before Server 2019, macOS before 26 and Java before 8u301. It protects little.
      "broker-legacy.p12": pkcs12({ password, alias: "broker", encryption: "legacy" }),
      "ca.pem": "trustBundle",
    },
    onDelete: "remove",
  }),
});

export const deployedFingerprint = deployment.deployedFingerprint;

function passwordFile(path: string): string {
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}
