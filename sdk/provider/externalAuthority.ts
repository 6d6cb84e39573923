import { CertificatesError, invalidArgument } from "../errors";
import { generatePrivateKey } from "../keys/generate";
import { parsePrivateKey, privateKeyToPem, spkiSha256 } from "../keys/pem";
import { formatDay } from "../duration";
import { dueMoment, isDue } from "../lifecycle/schedule";
import { createCsr, isSameRequest } from "../x509/csr";
import { type CertificateFacts, parseCertificate, splitPem } from "../x509/parse";
import {
  type CertificateAuthorityInputs,
  type CertificateAuthorityOuts,
  authorityOf,
  defaultsOf,
  knownRequest,
} from "./authorityInputs";
import { type CertificateOutputs, certificateOf, outputsOfExisting } from "./issuance";
import type { Run } from "./clock";
import { settingsOf } from "./pending";
import { issuanceOf, planFor } from "./renewable";
import { stateVersion } from "./stateVersion";
import { hasUnknown } from "./unknown";

type Inputs = CertificateAuthorityInputs;
type Outs = CertificateAuthorityOuts;

/** Refuses a certificate that no CA can have, as far as it is known. */
export function assertSigned({ signedCertificatePem, signedChainPem, signedTrustBundlePem }: Inputs): void {
  if (signedCertificatePem !== undefined && !hasUnknown(signedCertificatePem)) readSigned(signedCertificatePem);
  if (signedChainPem !== undefined && !hasUnknown(signedChainPem)) splitPem(signedChainPem, "signedChainPem");
  if (signedTrustBundlePem !== undefined && !hasUnknown(signedTrustBundlePem))
    splitPem(signedTrustBundlePem, "signedTrustBundlePem");
}

/** A CA that is signed elsewhere: its key and CSR now, its certificate as soon as the program brings it. */
export async function createExternal(news: Inputs, run: Run): Promise<Outs> {
  return withWarning(await outputsFor(news, await newKey(news)), news, run);
}

/** A next key waits beside the one in use until its certificate is there. */
export async function updateExternal(news: Inputs, outs: Outs, needsNewKey: boolean, run: Run): Promise<Outs> {
  return withWarning(await nextOutputs(news, outs, needsNewKey), news, run);
}

async function nextOutputs(news: Inputs, outs: Outs, needsNewKey: boolean): Promise<Outs> {
  const pending = outs.pendingPrivateKeyPem ?? (needsNewKey ? await newKey(news) : undefined);
  if (pending === undefined) return outputsFor(news, outs.privateKeyPem, outs);
  if (signedKey(news) === spkiOf(pending))
    return outputsFor(news, pending, outs.csrPem === undefined ? {} : { csrPem: outs.csrPem });
  const current = await outputsFor(news, outs.privateKeyPem, outs);
  return {
    ...current,
    csrPem: await csrFor(news, pending, outs.csrPem),
    keyGeneration: outs.keyGeneration,
    pendingPrivateKeyPem: pending,
  };
}

/** Whether the certificate is in its renewal window: it cannot renew itself, so all it can do is say so. */
export function needsSignature(news: Inputs, { notAfter }: Pick<Outs, "notAfter">, run: Run): boolean {
  if (notAfter === undefined) return false;
  return isDue(dueMoment(planFor(news, defaultsOf(news)), Date.parse(notAfter)), run.now, run.cadence);
}

function withWarning(outs: Outs, news: Inputs, run: Run): Outs {
  const { warnings: _, ...rest } = outs;
  if (!needsSignature(news, outs, run)) return rest;
  const ends = formatDay(outs.notAfter ?? "");
  const warning = `Its certificate ends on ${ends}: have csrPem signed again, and give the result as signedCertificatePem.`;
  return { ...rest, warnings: [warning] };
}

async function outputsFor(news: Inputs, privateKeyPem: string, previous: Partial<Outs> = {}): Promise<Outs> {
  return {
    stateVersion,
    privateKeyPem,
    spkiSha256: spkiOf(privateKeyPem),
    csrPem: await csrFor(news, privateKeyPem, previous.csrPem),
    keyGeneration: news.generation ?? 1,
    renewal: issuanceOf(news),
    settings: settingsOf(news),
    ...(signedOutputs(news, privateKeyPem) ?? kept(previous)),
  };
}

/** A certificate that was there before, brought or adopted, stays until another one is brought. */
function kept(previous: Partial<Outs>): Partial<CertificateOutputs> {
  return previous.certificatePem === undefined ? {} : certificateOf(previous as CertificateOutputs);
}

async function newKey(news: Inputs): Promise<string> {
  return privateKeyToPem(await generatePrivateKey(knownRequest(news).algorithm));
}

/** The request; the one before it where that asks for the same, so that the output changes only when the request does. */
async function csrFor(news: Inputs, privateKeyPem: string, previous: string | undefined): Promise<string> {
  const { subject, names } = knownRequest(news);
  const key = parsePrivateKey(privateKeyPem, "privateKeyPem");
  const csrPem = await createCsr({ subject, names, key, ca: authorityOf(news) });
  return previous !== undefined && isSameRequest(previous, csrPem) ? previous : csrPem;
}

function spkiOf(privateKeyPem: string): string {
  return spkiSha256(parsePrivateKey(privateKeyPem, "privateKeyPem"));
}

function signedKey({ signedCertificatePem }: Inputs): string | undefined {
  return signedCertificatePem === undefined ? undefined : readSigned(signedCertificatePem).facts.spkiSha256;
}

function signedOutputs(news: Inputs, privateKeyPem: string): CertificateOutputs | undefined {
  if (news.signedCertificatePem === undefined) return undefined;
  const { facts, rest } = readSigned(news.signedCertificatePem);
  if (!facts.certificate.checkPrivateKey(parsePrivateKey(privateKeyPem, "privateKeyPem"))) {
    throw new CertificatesError(
      "KeyMismatch",
      `signedCertificatePem "${facts.subject}" is not for the key of this CA.`,
      { hint: "Have the CSR of the output csrPem signed, and give the certificate made from it." },
    );
  }
  return outputsOfExisting(facts, news.signedChainPem ?? rest, news.signedTrustBundlePem ?? "", privateKeyPem);
}

/** The certificate of the CA, and what follows it in the text. */
function readSigned(text: string): { facts: CertificateFacts; rest: string } {
  const [first = text, ...rest] = splitPem(text, "signedCertificatePem");
  const facts = parseCertificate(first, "signedCertificatePem");
  if (!facts.isCA) {
    throw invalidArgument(
      "signedCertificatePem",
      `"${facts.subject}" is no CA certificate.`,
      "Sign the CSR with basicConstraints CA:TRUE and keyUsage keyCertSign, cRLSign (RFC 5280, 4.2.1).",
    );
  }
  return { facts, rest: rest.join("") };
}
