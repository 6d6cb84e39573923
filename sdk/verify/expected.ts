import { X509Certificate } from "node:crypto";
import { CertificatesError } from "../errors";
import { fingerprintOf, normalizeFingerprint } from "./served";

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

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export function parseExpected(expected: ExpectedCertificate): ParsedExpected {
  const { fingerprintSha256: given } = expected;
  const fingerprints = (typeof given === "string" ? [given] : given).map(normalizeFingerprint);
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
    intermediates: parseAll(expected.intermediatesPem, "chainPem").filter((one) => !isSelfSigned(one)),
    trustAnchors: parseAll(expected.trustBundlePem, "trustBundlePem"),
    dnsNames: expected.dnsNames ?? [],
  };
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

function parseAll(pem: string | undefined, property: string): X509Certificate[] {
  const blocks = pem?.match(certificateBlock) ?? [];
  if (blocks.length === 0 && pem !== undefined && pem.trim() !== "") {
    throw notPem(property, undefined);
  }
  const certificates = blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw notPem(property, error);
    }
  });
  return [...new Map(certificates.map((one) => [fingerprintOf(one), one])).values()];
}

function notPem(property: string, cause: unknown): CertificatesError {
  return new CertificatesError("MalformedInput", `certificate.${property}: holds something that is no certificate.`, {
    property: `certificate.${property}`,
    hint: "Give certificates as PEM, one BEGIN CERTIFICATE block each.",
    ...(cause === undefined ? {} : { cause }),
  });
}
