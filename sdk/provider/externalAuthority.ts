import { CertificatesError, invalidArgument } from "../errors";
import { generatePrivateKey } from "../keys/generate";
import { parsePrivateKey, privateKeyToPem, spkiSha256 } from "../keys/pem";
import { createCsr } from "../x509/csr";
import { type CertificateFacts, parseCertificate, splitPem } from "../x509/parse";
import {
  type CertificateAuthorityInputs,
  type CertificateAuthorityOuts,
  authorityOf,
  knownRequest,
} from "./authorityInputs";
import { type CertificateOutputs, certificateOf, outputsOfExisting } from "./issuance";
import { settingsOf } from "./renewable";
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
export async function createExternal(news: Inputs): Promise<Outs> {
  return outputsFor(news, await newKey(news));
}

/** A next key waits beside the one in use until its certificate is there. */
export async function updateExternal(news: Inputs, outs: Outs, needsNewKey: boolean): Promise<Outs> {
  const pending = outs.pendingPrivateKeyPem ?? (needsNewKey ? await newKey(news) : undefined);
  if (pending === undefined) return outputsFor(news, outs.privateKeyPem, outs);
  if (signedKey(news) === spkiOf(pending)) return outputsFor(news, pending);
  const current = await outputsFor(news, outs.privateKeyPem, outs);
  return {
    ...current,
    csrPem: await csrFor(news, pending),
    keyGeneration: outs.keyGeneration,
    pendingPrivateKeyPem: pending,
  };
}

async function outputsFor(news: Inputs, privateKeyPem: string, previous?: Outs): Promise<Outs> {
  return {
    stateVersion,
    privateKeyPem,
    spkiSha256: spkiOf(privateKeyPem),
    csrPem: await csrFor(news, privateKeyPem),
    keyGeneration: news.generation ?? 1,
    renewal: news.renewal,
    settings: settingsOf(news),
    ...(signedOutputs(news, privateKeyPem) ?? kept(previous)),
  };
}

/** A certificate that was there before, brought or adopted, stays until another one is brought. */
function kept(previous: Outs | undefined): Partial<CertificateOutputs> {
  return previous?.certificatePem === undefined ? {} : certificateOf(previous as CertificateOutputs);
}

async function newKey(news: Inputs): Promise<string> {
  return privateKeyToPem(await generatePrivateKey(knownRequest(news).algorithm));
}

function csrFor(news: Inputs, privateKeyPem: string): Promise<string> {
  const { subject, names } = knownRequest(news);
  return createCsr({ subject, names, key: parsePrivateKey(privateKeyPem, "privateKeyPem"), ca: authorityOf(news) });
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
