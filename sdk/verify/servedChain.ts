import type { X509Certificate } from "node:crypto";
import { type ParsedExpected, isSelfSigned } from "./expected";
import { issuerOf, subjectOf } from "./served";

/** What is wrong with the chain a server sent; every certificate is given by its subject. */
export type ChainProblem =
  | { reason: "missingIssuer"; missingIssuer: string; issuedBy: string }
  | { reason: "chainOutOfOrder"; misplaced: string; belongsAfter: string }
  | { reason: "intermediateExpired"; subject: string; notAfter: Date };

/**
 * Follows the certificates in the order in which they were sent, each issued by the next (RFC 5246 section 7.4.2), up
 * to one that a trust anchor issued. The root itself need not be sent, and what stands above a complete chain (the
 * root, a cross-certificate) does no harm. Without trust anchors the chain is complete when it holds every expected
 * intermediate.
 */
export function judgeChain(
  sent: readonly X509Certificate[],
  expected: Pick<ParsedExpected, "intermediates" | "trustAnchors">,
  at: Date,
): ChainProblem | undefined {
  const path: X509Certificate[] = [];
  for (const certificate of sent) {
    const below = path.at(-1);
    if (below !== undefined && !issued(certificate, below)) {
      return missingAbove(below, sent);
    }
    path.push(certificate);
    if (
      path.length > 1 &&
      new Date(certificate.validTo) < at &&
      !expected.trustAnchors.some((one) => same(one, certificate))
    ) {
      return {
        reason: "intermediateExpired",
        subject: subjectOf(certificate),
        notAfter: new Date(certificate.validTo),
      };
    }
    if (isComplete(path, expected)) return undefined;
  }
  const top = path.at(-1);
  return top === undefined ? undefined : missingAbove(top, sent);
}

function isComplete(
  path: readonly X509Certificate[],
  { intermediates, trustAnchors }: Pick<ParsedExpected, "intermediates" | "trustAnchors">,
): boolean {
  const top = path.at(-1);
  if (top === undefined) return false;
  if (trustAnchors.length > 0) return trustAnchors.some((anchor) => same(anchor, top) || issued(anchor, top));
  return isSelfSigned(top) || intermediates.every((one) => path.some((sent) => sameHolder(sent, one)));
}

function missingAbove(below: X509Certificate, sent: readonly X509Certificate[]): ChainProblem {
  const misplaced = sent.find((one) => one !== below && issued(one, below));
  if (misplaced !== undefined) {
    return { reason: "chainOutOfOrder", misplaced: subjectOf(misplaced), belongsAfter: subjectOf(below) };
  }
  return { reason: "missingIssuer", missingIssuer: issuerOf(below), issuedBy: subjectOf(below) };
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function same(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

/** The same CA with the same key: a renewed intermediate or a cross-certificate does as well as the expected one. */
function sameHolder(one: X509Certificate, other: X509Certificate): boolean {
  return one.subject === other.subject && one.publicKey.equals(other.publicKey);
}
