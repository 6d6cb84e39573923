import type { X509Certificate } from "node:crypto";

/**
 * When the first element of a certificate's path ends, in milliseconds. What is not above the certificate does not
 * count: a trust bundle may hold other roots besides.
 */
export function pathEnd(certificate: X509Certificate, candidates: readonly X509Certificate[]): number {
  let end = endOf(certificate);
  let last = certificate;
  let left = candidates.filter((candidate) => candidate !== certificate);
  for (;;) {
    const issuer = left.find((candidate) => last.checkIssued(candidate));
    if (issuer === undefined) return end;
    end = Math.min(end, endOf(issuer));
    left = left.filter((candidate) => candidate !== issuer);
    last = issuer;
  }
}

function endOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}
