import { spawnSync } from "node:child_process";

/** What OpenSSL writes about a certificate. */
export function parsePublicCertificate(pem: string): string {
  const { status, stdout, stderr } = spawnSync("openssl", ["x509", "-noout", "-text"], {
    input: pem,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
