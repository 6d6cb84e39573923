import type { X509Certificate } from "node:crypto";

/** A version of TLS. */
export type TlsVersion = "1.2" | "1.3";
/** The kind of key to ask for where a server holds one certificate of each. */
export type ServedKeyType = "RSA" | "ECDSA";

/** What one handshake showed. */
export interface Handshake {
  tlsVersion: TlsVersion;
  certificates: readonly X509Certificate[];
  clientCertificateRequired: boolean;
}

/** What one address served in one handshake. */
export interface Served {
  /** The IP address that was asked. */
  address: string;
  port: number;
  family: 4 | 6;
  tlsVersion: TlsVersion;
  /** Exactly as sent, the server's own certificate first; nothing is added from any trust store. */
  certificates: readonly X509Certificate[];
  /** Of the first certificate: lower-case hex without colons. */
  fingerprintSha256: string;
  notBefore: Date;
  notAfter: Date;
  subject: string;
  /** Lower-case hex. */
  serialNumber: string;
  /** The server wanted a client certificate and ended the handshake for want of one, after it had shown its own. */
  clientCertificateRequired: boolean;
}

export function servedBy(peer: Pick<Served, "address" | "port" | "family">, handshake: Handshake): Served {
  const [leaf] = handshake.certificates;
  if (leaf === undefined) throw new TypeError("a handshake without a certificate");
  return {
    ...peer,
    ...handshake,
    fingerprintSha256: fingerprintOf(leaf),
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
    subject: subjectOf(leaf),
    serialNumber: leaf.serialNumber.toLowerCase(),
  };
}

export function fingerprintOf(certificate: X509Certificate): string {
  return normalizeFingerprint(certificate.fingerprint256);
}

/** One form for the ways in which tools write a fingerprint. */
export function normalizeFingerprint(fingerprint: string): string {
  return fingerprint.replace(/:/g, "").toLowerCase();
}

/** The subject in one line, in the order of RFC 4514; a certificate may have none and name its holder in the SAN alone. */
export function subjectOf(certificate: X509Certificate): string {
  return oneLine(certificate.subject) ?? certificate.subjectAltName ?? "(no subject)";
}

export function issuerOf(certificate: X509Certificate): string {
  return oneLine(certificate.issuer) ?? "(no issuer name)";
}

function oneLine(name: string | undefined): string | undefined {
  return name === undefined || name === "" ? undefined : name.split("\n").reverse().join(",");
}
