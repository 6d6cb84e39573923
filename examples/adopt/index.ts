import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Certificate, CertificateAuthority } from "pulumi-certificates";

// Stands for the server on which this certificate has been in use for a while.
if (!existsSync("existing/web.pem")) execFileSync("./make-existing.sh", { stdio: "pipe" });

// The CA that signed it, with its key, so that it can sign the next one.
const ca = new CertificateAuthority("ca", {
  commonName: "Example Old CA",
  adopt: {
    certificatePath: "existing/ca.pem",
    privateKeyPath: "existing/ca.key",
  },
});

// Taken over as it is. The second name is new: the preview lists the difference, and the next renewal brings it in.
const web = new Certificate("web", {
  issuer: ca,
  dnsNames: ["web.internal.example", "www.internal.example"],
  duration: "90d",
  renewBefore: "30d",
  adopt: {
    certificatePem: readFileSync("existing/web.pem", "utf8"),
    privateKeyPath: "existing/web.key",
  },
});

export const serialNumber = web.serialNumber;
export const renewal = web.renewal;
