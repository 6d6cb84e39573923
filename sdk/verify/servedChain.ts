import type { X509Certificate } from "node:crypto";
import { CertificatesError } from "../errors";
import { checkChain } from "../x509/chain";
import { type ParsedExpected, isSelfSigned } from "./expected";
import { issuerOf, subjectOf } from "./served";

/** What is wrong with the chain a server sent; every certificate is given by its subject. */
export type ChainProblem =
  | { reason: "missingIssuer"; missingIssuer: string; issuedBy: string }
  | { reason: "chainOutOfOrder"; misplaced: string; belongsAfter: string }
  | { reason: "invalidChain"; message: string };

/**
 * Follows the certificates in the order in which they were sent, each issued by the next (RFC 5246 section 7.4.2), up
 * to one that a trust anchor issued. The root itself need not be sent, and what stands above a complete chain (the
 * root, a cross-certificate) does no harm. What is complete must then be valid for servers (RFC 5280 section 6).
 * Without trust anchors the chain is complete when it holds every expected intermediate.
 */
export async function judgeChain(
  sent: readonly X509Certificate[],
  expected: Pick<ParsedExpected, "intermediates" | "trustAnchors">,
  at: Date,
): Promise<ChainProblem | undefined> {
  const path: X509Certificate[] = [];
  for (const certificate of sent) {
    const below = path.at(-1);
    if (below !== undefined && !issued(certificate, below)) return missingAbove(below, sent);
    path.push(certificate);
    if (isComplete(path, expected)) return validity(path, expected.trustAnchors, at);
  }
  const top = path.at(-1);
  return top === undefined ? undefined : missingAbove(top, sent);
}

async function validity(
  path: readonly X509Certificate[],
  trustAnchors: readonly X509Certificate[],
  at: Date,
): Promise<ChainProblem | undefined> {
  const [leaf, ...above] = path.map((one) => one.toString());
  if (leaf === undefined || trustAnchors.length === 0) return undefined;
  try {
    const verdict = await checkChain({
      leafPem: leaf,
      intermediatesPem: above.join(""),
      trustAnchorsPem: trustAnchors.map((one) => one.toString()).join(""),
      at,
      purpose: "serverAuth",
    });
    return verdict.ok ? undefined : { reason: "invalidChain", message: verdict.message };
  } catch (error) {
    if (!CertificatesError.is(error)) throw error;
    return { reason: "invalidChain", message: `a certificate in it cannot be read: ${error.message}` };
  }
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
