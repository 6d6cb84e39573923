import type { X509Certificate } from "node:crypto";
import { CertificatesError } from "../errors";
import { parseCertificates } from "../x509/parse";
import { normalizeFingerprint } from "./served";

/** What every endpoint must serve. */
export interface ExpectedCertificate {
  /**
   * SHA-256 over the DER form in hex. Several stand side by side on the same endpoint, one for each kind of key: then
   * RSA and ECDSA are asked for separately, and every one of them must be served.
   */
  fingerprintSha256: string | readonly string[];
  /** The intermediates as PEM. Without a trust bundle they say what a complete chain is. */
  intermediatesPem?: string;
  /** The roots as PEM: a chain is complete once it ends below one of these. */
  trustBundlePem?: string;
  /** The certificate's DNS names, for the SNI of endpoints that have no serverName of their own. */
  dnsNames?: readonly string[];
}

/** An {@link ExpectedCertificate} with its PEM parsed. */
export interface ParsedExpected {
  fingerprints: readonly string[];
  /** Without self-signed ones: a root need not be served. */
  intermediates: readonly X509Certificate[];
  trustAnchors: readonly X509Certificate[];
  dnsNames: readonly string[];
}

export function parseExpected(expected: ExpectedCertificate): ParsedExpected {
  const { fingerprintSha256: given } = expected;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const fingerprints = list.map((one) => (typeof one === "string" ? normalizeFingerprint(one) : ""));
  if (fingerprints.length === 0 || fingerprints.some((one) => !/^[0-9a-f]{64}$/.test(one))) {
    throw new CertificatesError(
      "InvalidArgument",
      "certificate: its SHA-256 fingerprint is not 64 hexadecimal digits.",
      {
        property: "certificate",
        hint: "Pass a Certificate, or its fingerprintSha256 output.",
      },
    );
  }
  return {
    fingerprints: [...new Set(fingerprints)],
    intermediates: parseAll(expected.intermediatesPem, "certificate.chainPem").filter((one) => !isSelfSigned(one)),
    trustAnchors: parseAll(expected.trustBundlePem, "certificate.trustBundlePem"),
    dnsNames: expected.dnsNames ?? [],
  };
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

function parseAll(pem: string | undefined, property: string): X509Certificate[] {
  const facts = parseCertificates(pem ?? "", property);
  return [...new Map(facts.map((one) => [one.fingerprintSha256, one.certificate])).values()];
}
