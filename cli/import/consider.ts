import { createPublicKey } from "node:crypto";
import { CertificatesError, messageOf } from "../../sdk/errors";
import { formatDay } from "../../sdk/duration";
import { parsePrivateKey, publicKeyMatches } from "../../sdk/keys/pem";
import { orderChain } from "../../sdk/x509/chain";
import { normalizeNames } from "../../sdk/x509/names";
import { type CertificateFacts, parseCertificate, splitPem } from "../../sdk/x509/parse";
import type { Found, Manager, Refusal } from "./found";
import type { KeySearch } from "./keySearch";
import { readTextFile, UnreadableFile } from "./textFile";

/** A certificate that can be taken over. */
export interface Candidate extends Found {
  readonly facts: CertificateFacts;
  /** The intermediates that came with it, PEM, the issuing one first; neither a root nor what does not belong to it. */
  readonly chain: readonly string[];
}

export interface ConsiderOptions {
  readonly takeOver: boolean;
  readonly keys: KeySearch;
  readonly now: number;
}

/** Decides which certificates can be taken over; the others come with a reason. */
export function consider(
  found: readonly Found[],
  options: ConsiderOptions,
): { candidates: Candidate[]; refused: Refusal[] } {
  const byFingerprint = new Map<string, Candidate>();
  const refused: Refusal[] = [];
  for (const each of found) {
    const judged = judge(each, options);
    if ("reason" in judged) {
      refused.push(judged);
      continue;
    }
    const twin = byFingerprint.get(judged.facts.fingerprintSha256);
    const better = twin === undefined || judged.chain.length > twin.chain.length ? judged : twin;
    byFingerprint.set(judged.facts.fingerprintSha256, better);
    if (twin !== undefined) {
      const other = better === twin ? judged : twin;
      refused.push({ origin: other.origin, reason: `is the same certificate as ${better.origin}` });
    }
  }
  return { candidates: [...byFingerprint.values()], refused };
}

function judge(found: Found, options: ConsiderOptions): Candidate | Refusal {
  const { origin, managedBy } = found;
  if (managedBy !== undefined && !options.takeOver) return { origin, reason: managedReason(managedBy) };
  try {
    const [leaf = found.pem, ...above] = splitPem(found.pem, "certificate");
    const facts = parseCertificate(leaf, "certificate");
    const unfit = unfitness(facts, options.now);
    if (unfit !== undefined) return { origin, reason: unfit };
    const privateKeyPath = found.privateKeyPath ?? options.keys.find(facts.spkiSha256, found.certificatePath);
    const keyText = privateKeyPath === undefined ? found.privateKeyPem : readTextFile(privateKeyPath);
    if (keyText === undefined && privateKeyPath !== undefined)
      return { origin, reason: `its key ${privateKeyPath} is not there` };
    const where = privateKeyPath ?? "its private key";
    if (keyText !== undefined && !publicKeyMatches(facts.certificate, createPublicKey(parsePrivateKey(keyText, where))))
      return { origin, reason: `${where} does not belong to it` };
    return {
      ...found,
      facts,
      chain: chainOf(leaf, above),
      ...(privateKeyPath === undefined ? {} : { privateKeyPath }),
    };
  } catch (error) {
    if (CertificatesError.is(error) || error instanceof UnreadableFile)
      return { origin, reason: messageOf(error).replace(/\.$/, "") };
    throw error;
  }
}

function chainOf(leaf: string, above: readonly string[]): string[] {
  const [, ...chain] = orderChain(leaf, above);
  return chain.filter((pem) => {
    const { issuer, subject } = parseCertificate(pem, "certificate");
    return issuer !== subject;
  });
}

/** Why a certificate is nothing for the resource `Certificate`. */
function unfitness(facts: CertificateFacts, now: number): string | undefined {
  if (facts.isCA) return "is the certificate of a CA: adopt it with a CertificateAuthority";
  if (facts.notAfter.getTime() <= now) {
    return `expired on ${formatDay(facts.notAfter.getTime())}: a Certificate without adopt issues a new one`;
  }
  normalizeNames(facts.names);
  return undefined;
}

const managedReason = ({ tool, evidence }: Manager): string =>
  `${tool} still renews it (${evidence}): stop that first, or give --take-over`;
