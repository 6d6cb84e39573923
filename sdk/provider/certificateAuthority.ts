import { CertificatesError, invalidArgument } from "../errors";
import { algorithmOf } from "../keys/algorithms";
import { generatePrivateKey } from "../keys/generate";
import { parsePrivateKey, privateKeyToPem, spkiSha256 } from "../keys/pem";
import { issuerKey } from "../lifecycle/decide";
import { mayKeepOnFailure } from "../lifecycle/reasons";
import type { CertificateTemplate } from "../x509/certificate";
import { createCsr } from "../x509/csr";
import { type NameConstraints, normalizeNameConstraints } from "../x509/nameConstraints";
import { parseCertificate, splitPem } from "../x509/parse";
import { type AdoptInputs, adoptedDifferences, adoptedRenewal, readAdopted } from "./adopt";
import {
  type CheckContext,
  type CreateContext,
  type Credentials,
  type DiffContext,
  type UpdateContext,
  defineProvider,
} from "./define";
import { type CertificateOutputs, certificateOf, issue, outputsOfExisting, withNewChain } from "./issuance";
import { keepOnFailure } from "./keep";
import {
  type IssuerUrls,
  type RenewableDefaults,
  type RenewableInputs,
  type RenewableOuts,
  assertPlan,
  isWaiting,
  nextRenewal,
  pendingReason,
  planFor,
  settingsOf,
} from "./renewable";
import { type CertificateRequest, parseRequest } from "./request";
import { migrateState, stateVersion } from "./stateVersion";
import { hasUnknown } from "./unknown";

export interface CertificateAuthorityInputs extends RenewableInputs, IssuerUrls {
  readonly pathLength?: number;
  readonly nameConstraints?: NameConstraints;
  /** Counts the keys: another number makes a new one. */
  readonly generation?: number;
  readonly signedBy?: "external";
  readonly signedCertificatePem?: string;
  readonly signedChainPem?: string;
  readonly signedTrustBundlePem?: string;
  readonly adopt?: AdoptInputs;
  readonly adoption?: { differences: string[] };
  readonly owner?: Readonly<Record<string, string>>;
  [name: string]: unknown;
}

/** The certificate is absent while a CA that is signed elsewhere awaits its signature. */
export interface CertificateAuthorityOuts extends Partial<CertificateOutputs>, RenewableOuts {
  readonly stateVersion: number;
  readonly privateKeyPem: string;
  readonly spkiSha256: string;
  readonly keyGeneration: number;
  readonly csrPem?: string;
  /** The key of the next generation, until its certificate is signed elsewhere. */
  readonly pendingPrivateKeyPem?: string;
}

type Inputs = CertificateAuthorityInputs;
type Outs = CertificateAuthorityOuts;

const requestFields = ["pathLength", "nameConstraints", "generation", "signedBy"];
const defaultAlgorithm = "ECDSA-P384";

/** Ten years for a root, three for what another CA signs. */
function defaultsOf({ issuer }: Inputs): RenewableDefaults {
  return { duration: issuer === undefined ? "10y" : "3y", requestFields };
}

function check({ news, olds, credentials, run }: CheckContext<Inputs>): Inputs {
  const defaults = defaultsOf(news);
  const plan = planFor(news, defaults);
  assertPlan(news, plan, run);
  const request = requestOf(news);
  assertAuthority(news);
  const { adoption: _, ...inputs } = news;
  if (news.adopt === undefined || (olds !== undefined && olds.renewal.epoch > 1)) {
    const external = news.signedBy === "external";
    return { ...inputs, renewal: nextRenewal(external ? { ...news, paused: true } : news, olds, run, defaults) };
  }
  if (olds !== undefined) {
    const renewal = nextRenewal(news, olds, run, defaults, true);
    return renewal.epoch > 1
      ? { ...inputs, renewal }
      : { ...inputs, renewal, ...(olds.adoption && { adoption: olds.adoption }) };
  }
  const adopted = readAdopted(news.adopt, credentials);
  if (adopted !== undefined && (!adopted.facts.isCA || adopted.outputs.privateKeyPem === undefined)) {
    const problem = adopted.facts.isCA
      ? "comes without its private key, so it could not sign."
      : `"${adopted.facts.subject}" is no CA certificate.`;
    throw invalidArgument("adopt", problem, "Give certificate and private key of a CA.");
  }
  const renewal = adoptedRenewal(
    adopted,
    plan,
    issuerKey(hasUnknown(news.issuer?.seen) ? undefined : news.issuer?.seen),
  );
  return {
    ...inputs,
    renewal,
    adoption: { differences: adopted && request ? adoptedDifferences(adopted, request) : [] },
  };
}

function requestOf(inputs: Inputs): CertificateRequest | undefined {
  return parseRequest(inputs, defaultAlgorithm);
}

function assertAuthority(news: Inputs): void {
  if (news.nameConstraints !== undefined && !hasUnknown(news.nameConstraints))
    normalizeNameConstraints(news.nameConstraints, "nameConstraints");
  if (news.signedBy !== undefined && news.signedBy !== "external") {
    throw invalidArgument(
      "signedBy",
      `${JSON.stringify(news.signedBy)} is not known.`,
      'Use "external", or give an issuer instead.',
    );
  }
  if (news.signedBy === "external" && news.issuer !== undefined) {
    throw invalidArgument(
      "signedBy",
      "a CA that is signed elsewhere has no issuer here.",
      "Leave out issuer or signedBy.",
    );
  }
  if (news.signedCertificatePem !== undefined && news.signedBy !== "external") {
    throw invalidArgument("signedCertificatePem", "is for a CA that is signed elsewhere.", 'Add signedBy: "external".');
  }
  const { pathLength, generation } = news;
  assertCount("pathLength", pathLength, 0);
  assertCount("generation", generation, 1);
  const above = news.issuer?.pathLength;
  if (above !== undefined && (pathLength ?? 0) >= above) {
    throw invalidArgument(
      "pathLength",
      above === 0
        ? "the issuing CA has pathLength 0 and may sign no further CA."
        : `${pathLength} is not smaller than the issuing CA's ${above}.`,
      "Give the issuing CA a greater pathLength, or none (RFC 5280, 4.2.1.9).",
    );
  }
}

function assertCount(property: string, value: number | undefined, least: number): void {
  if (value === undefined || hasUnknown(value) || (Number.isInteger(value) && value >= least)) return;
  throw invalidArgument(
    property,
    `${JSON.stringify(value)} is no whole number from ${least} on.`,
    `Use ${least} or more.`,
  );
}

function diff({ news, outs, checked }: DiffContext<Inputs, Outs>): boolean {
  if (outs.settings !== settingsOf(news)) return true;
  if (news.signedBy === "external") return checked !== undefined && news.renewal.epoch > outs.renewal.epoch;
  const reason = pendingReason(news, outs, checked?.run, defaultsOf(news));
  return reason !== undefined && !(checked && mayKeepOnFailure(reason) && isWaiting(news, outs, checked.run));
}

async function create({ news, credentials }: CreateContext<Inputs>): Promise<Outs> {
  const adopted = news.adopt && readAdopted(news.adopt, credentials);
  if (adopted !== undefined) return finish(news, adopted.outputs);
  if (news.signedBy === "external") return external(news, await newKey(news));
  return finish(news, await issueFor(news, credentials, undefined));
}

async function update({ news, outs, credentials, run }: UpdateContext<Inputs, Outs>): Promise<Outs> {
  const nextGeneration = (news.generation ?? 1) !== outs.keyGeneration || isOtherAlgorithm(news, outs);
  if (news.signedBy === "external") return updateExternal(news, outs, nextGeneration);
  const defaults = defaultsOf(news);
  const reason = pendingReason(news, outs, run, defaults);
  if (reason === undefined) return finish(news, certificateOf(outs as CertificateOutputs), outs);
  const plan = planFor(news, defaults);
  return keepOnFailure({ news, outs, run, reason, plan }, async () => {
    const refreshed = reason === "IssuerRenewed" ? withNewChain(outs as CertificateOutputs, credentials) : undefined;
    const key = nextGeneration || reason === "KeyCompromised" ? undefined : outs.privateKeyPem;
    return finish(news, refreshed ?? (await issueFor(news, credentials, key)));
  });
}

function isOtherAlgorithm(news: Inputs, { privateKeyPem }: Outs): boolean {
  const wanted = news.privateKey?.algorithm;
  return wanted !== undefined && algorithmOf(parsePrivateKey(privateKeyPem, "privateKeyPem")) !== wanted;
}

function issueFor(
  news: Inputs,
  credentials: Credentials,
  privateKeyPem: string | undefined,
): Promise<CertificateOutputs> {
  const { duration } = planFor(news, defaultsOf(news));
  const issuer = news.issuer?.kind ?? "selfSigned";
  return issue({
    request: knownRequest(news),
    inputs: news,
    duration,
    issuer,
    credentials,
    privateKeyPem,
    extensions: { ca: authorityOf(news), ...news.issuer?.urls },
  });
}

function knownRequest(news: Inputs): CertificateRequest {
  const request = requestOf(news);
  if (request === undefined) throw new CertificatesError("Internal", "The request is still unknown in an update.");
  return request;
}

function authorityOf({ pathLength, nameConstraints }: Inputs): NonNullable<CertificateTemplate["ca"]> {
  return { ...(pathLength !== undefined && { pathLength }), ...(nameConstraints && { nameConstraints }) };
}

function finish(news: Inputs, certificate: CertificateOutputs, previous?: Outs): Outs {
  const { privateKeyPem } = certificate;
  if (privateKeyPem === undefined) throw new CertificatesError("Internal", "A CA was issued without its private key.");
  const renewal =
    previous !== undefined && previous.renewal.epoch > news.renewal.epoch ? previous.renewal : news.renewal;
  return {
    stateVersion,
    ...certificate,
    privateKeyPem,
    keyGeneration: news.generation ?? 1,
    renewal,
    settings: settingsOf(news),
  };
}

async function newKey(news: Inputs): Promise<string> {
  return privateKeyToPem(await generatePrivateKey(knownRequest(news).algorithm));
}

/** A CA that is signed elsewhere: its key and CSR now, its certificate as soon as the program brings it. */
async function external(news: Inputs, privateKeyPem: string): Promise<Outs> {
  const { subject, names } = knownRequest(news);
  const key = parsePrivateKey(privateKeyPem, "privateKeyPem");
  const csrPem = await createCsr({ subject, names, key, ca: authorityOf(news) });
  const signed = signedOutputs(news, privateKeyPem);
  const outs = {
    stateVersion,
    privateKeyPem,
    csrPem,
    keyGeneration: news.generation ?? 1,
    renewal: news.renewal,
    settings: settingsOf(news),
  };
  return { ...outs, spkiSha256: spkiSha256(key), ...signed };
}

/** A new generation waits beside the old one until its certificate is there. */
async function updateExternal(news: Inputs, outs: Outs, nextGeneration: boolean): Promise<Outs> {
  const pending = outs.pendingPrivateKeyPem ?? (nextGeneration ? await newKey(news) : undefined);
  if (pending === undefined) return external(news, outs.privateKeyPem);
  const next = signedKeys(news).includes(spkiSha256(parsePrivateKey(pending, "pendingPrivateKeyPem")));
  if (next) return external(news, pending);
  const { csrPem } = await external({ ...news, signedCertificatePem: undefined } as unknown as Inputs, pending);
  const current = await external({ ...news, generation: outs.keyGeneration }, outs.privateKeyPem);
  return {
    ...current,
    ...(csrPem === undefined ? {} : { csrPem }),
    pendingPrivateKeyPem: pending,
    settings: settingsOf(news),
  };
}

function signedKeys({ signedCertificatePem }: Inputs): string[] {
  return signedCertificatePem === undefined
    ? []
    : [parseCertificate(signedCertificatePem, "signedCertificatePem").spkiSha256];
}

function signedOutputs(news: Inputs, privateKeyPem: string): Partial<CertificateOutputs> {
  if (news.signedCertificatePem === undefined) return {};
  const [leaf = "", ...rest] = splitPem(news.signedCertificatePem, "signedCertificatePem");
  const facts = parseCertificate(leaf, "signedCertificatePem");
  if (!facts.certificate.checkPrivateKey(parsePrivateKey(privateKeyPem, "privateKeyPem"))) {
    throw new CertificatesError(
      "KeyMismatch",
      `signedCertificatePem "${facts.subject}" is not for the key of this CA.`,
      {
        hint: "Have the CSR of the output csrPem signed, and give the certificate made from it.",
      },
    );
  }
  if (!facts.isCA) {
    throw invalidArgument(
      "signedCertificatePem",
      `"${facts.subject}" is no CA certificate.`,
      "Sign the CSR with basicConstraints CA:TRUE and keyUsage keyCertSign, cRLSign (RFC 5280, 4.2.1).",
    );
  }
  return outputsOfExisting(facts, news.signedChainPem ?? rest.join(""), news.signedTrustBundlePem ?? "", privateKeyPem);
}

export const certificateAuthority = defineProvider<Inputs, Outs>({
  check,
  diff,
  create,
  update,
  migrate: migrateState<Outs>,
});
