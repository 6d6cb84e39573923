import { invalidArgument } from "../errors";
import type { CertificateDescription } from "./describedCertificate";

/** Refuses a key that a server with OpenSSL does not load: its default security level asks for 112 bits. */
export function assertOpensslLoads({ keyAlgorithm = "" }: CertificateDescription): void {
  const [, bits] = /^RSA-(\d+)$/.exec(keyAlgorithm) ?? [];
  if (bits === undefined || Number(bits) >= 2048) return;
  const problem = `the certificate's RSA key has ${bits} bits; OpenSSL does not load it, and the server keeps the old one.`;
  throw invalidArgument("certificate", problem, "Use an RSA key of 2048 bits or more, or ECDSA.");
}
