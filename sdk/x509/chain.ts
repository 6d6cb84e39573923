import { parseCertificate, parseCertificates } from "./parse";
import { buildPaths } from "./pathBuilding";
import { validatePath } from "./pathValidation";
import type { SubjectNames } from "./names";
import { type ChainElement, type ChainFailure, type ChainPurpose, chainElement } from "./pathElement";

export type { ChainFailure, ChainFailureCode, ChainPurpose } from "./pathElement";

export interface ChainCheck {
  leafPem: string;
  /** The certificates between leaf and root, in any order; empty for none. */
  intermediatesPem: string;
  /** The roots that are trusted. Like OpenSSL, only self-signed certificates end a chain. */
  trustAnchorsPem: string;
  /** The moment at which every element must be valid. */
  at: Date;
  /** Names that the leaf must be for; a wildcard of the leaf covers one label (RFC 9525). */
  names?: SubjectNames;
  /** What the whole chain must allow its leaf to be used for. @default anything */
  purpose?: ChainPurpose;
}

export type ChainVerdict = { ok: true } | ({ ok: false } & ChainFailure);

/**
 * Validates a certificate up to a trusted root (RFC 5280 6.1), as `openssl verify -x509_strict` does: signatures,
 * validity of every element, CA flags and key usages, path lengths, name constraints, unknown critical extensions.
 * Certificate policies and revocation are not looked at.
 */
export async function checkChain(check: ChainCheck): Promise<ChainVerdict> {
  const leaf = chainElement(parseCertificate(check.leafPem, "leafPem"));
  const intermediates = parseCertificates(check.intermediatesPem, "intermediatesPem").map(chainElement);
  const anchors = parseCertificates(check.trustAnchorsPem, "trustAnchorsPem").map(chainElement);
  const { complete, longest } = buildPaths(leaf, intermediates, anchors);
  let first: ChainFailure | undefined;
  for (const path of complete) {
    const failure = validatePath(path, check);
    if (failure === undefined) return { ok: true };
    first ??= failure;
  }
  return { ok: false, ...(first ?? incomplete(longest, [...intermediates, ...anchors], anchors)) };
}

/** Why no path reaches a trust anchor: the end of the longest one, and what stands in the place of the next. */
function incomplete(path: ChainElement[], candidates: ChainElement[], anchors: ChainElement[]): ChainFailure {
  const last = path.at(-1) as ChainElement;
  const { subject, issuer, authorityKeyIdentifier } = last.facts;
  if (last.selfSigned)
    return { code: "UntrustedRoot", message: `${subject} is self-signed and no trust anchor.`, element: subject };
  const namesakes = candidates.filter(({ fields }) => fields.subject.equals(last.fields.issuer));
  const unfit = namesakes.find(({ facts }) => facts.keyUsages?.includes("keyCertSign") === false);
  if (unfit)
    return {
      code: "NotCA",
      message: `${issuer} issued ${subject} but has not the key usage keyCertSign.`,
      element: issuer,
    };
  const anchored = anchors.some(({ fingerprint }) => fingerprint === last.fingerprint);
  const where =
    authorityKeyIdentifier !== undefined && namesakes.length > 0
      ? `there is a ${issuer}, but with another key than ${authorityKeyIdentifier}.`
      : `${issuer} is neither among the intermediates nor a trust anchor.`;
  return {
    code: "MissingIssuer",
    message: `The issuer of ${subject} is missing${anchored ? ", which is a trust anchor but not self-signed" : ""}: ${where}`,
    element: issuer,
  };
}

/**
 * The chain of a certificate out of unordered candidates: the leaf first, each followed by its issuer, a root last if it
 * is among them. Where a CA has a cross-certificate and a self-signed one, the cross-certificate is taken, and of
 * several the one that lasts longest: so the chain reaches the older root, and clients that trust the newer one stop there.
 */
export function orderChain(leafPem: string, candidatePems: readonly string[]): string[] {
  const candidates = candidatePems.flatMap((pem) => parseCertificates(pem, "candidates")).map(chainElement);
  const chain = [chainElement(parseCertificate(leafPem, "leaf"))];
  for (let last = chain[0]; last && !last.selfSigned;) {
    const child = last;
    const [issuer] = candidates
      .filter((each) => !chain.some(({ fingerprint }) => fingerprint === each.fingerprint))
      .filter((each) => child.facts.certificate.checkIssued(each.facts.certificate))
      .filter((each) => child.facts.certificate.verify(each.facts.certificate.publicKey))
      .sort(
        (a, b) =>
          Number(a.selfSigned) - Number(b.selfSigned) || b.facts.notAfter.getTime() - a.facts.notAfter.getTime(),
      );
    if (issuer) chain.push(issuer);
    last = issuer;
  }
  return chain.map(({ facts }) => facts.pem);
}
