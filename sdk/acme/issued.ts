import type { Identifier } from "./challenge";
import { parseCsr } from "../x509/csr";
import { ipToBytes } from "../x509/ipAddress";
import { parseCertificate } from "../x509/parse";
import { encodePem } from "../x509/pem";
import { AcmeError } from "./problem";

/** The hash of the public key that a request asks a certificate for. */
export function requestedKey(csrDer: Uint8Array): string {
  return parseCsr(encodePem("CERTIFICATE REQUEST", csrDer), "csr").spkiSha256;
}

/** Whether a certificate is for this key. */
export function isForKey(certificatePem: string, spkiSha256: string): boolean {
  return parseCertificate(certificatePem, "certificate").spkiSha256 === spkiSha256;
}

/** Refuses a certificate that has expired or lacks names: using it would end in ordering one after the other. */
export function assertIssued(
  host: string,
  certificatePem: string,
  identifiers: readonly Identifier[],
  now = Date.now(),
): void {
  const { names, notAfter } = parseCertificate(certificatePem, "certificate");
  const dnsNames = new Set((names.dnsNames ?? []).map((name) => name.toLowerCase()));
  const addresses = new Set((names.ipAddresses ?? []).map(addressKey));
  const missing = identifiers.filter(({ type, value }) =>
    type === "ip" ? !addresses.has(addressKey(value)) : !dnsNames.has(value.toLowerCase()),
  );
  const wrong =
    missing.length > 0
      ? `lacks ${missing.map(({ value }) => value).join(", ")}`
      : notAfter.getTime() <= now
        ? `expired on ${notAfter.toISOString()}`
        : undefined;
  if (wrong === undefined) return;
  throw new AcmeError(`The ACME server ${host} issued a certificate that ${wrong}.`, "nextIssuer", {
    isIssuersFault: true,
  });
}

function addressKey(text: string): string {
  return ipToBytes(text)?.toString("hex") ?? text;
}
