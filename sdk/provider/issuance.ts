import { type KeyObject, X509Certificate, createPublicKey } from "node:crypto";
import { authorityOf } from "../issuers/certificateAuthority";
import { issuerKind } from "../issuers/registry";
import type { IssueOptions, Issued, PendingOrder, Previous } from "../issuers/issuer";
import { algorithmOf } from "../keys/algorithms";
import { generatePrivateKey } from "../keys/generate";
import { parsePrivateKey, privateKeyToPem } from "../keys/pem";
import { formatInstant } from "../duration";
import type { CertificateFacts } from "../x509/parse";
import type { Credentials } from "./define";
import { engineSignal } from "./engine";
import type { ServiceOutputs } from "./issuingService";
import { reportProgress } from "./progress";
import type { CertificateRequest, RequestInputs } from "./request";
import type { CertificateTemplate } from "../x509/template";

/** Certificates start a minute early, for clients whose clock is behind. */
const backdate = 60_000;

/** The certificate itself among the outputs. */
export interface CertificateOutputs extends ServiceOutputs {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly trustBundlePem: string;
  readonly privateKeyPem?: string;
  readonly notAfter: string;
  readonly fingerprintSha256: string;
  readonly spkiSha256: string;
  /** The name of the issuer that issued it, where more than one may. */
  readonly servedBy?: string;
  readonly warnings?: string[];
}

export interface IssuanceOptions {
  /** Project, stack and name. */
  readonly name: string;
  /** The certificate that this one is to follow. */
  readonly previous?: Previous | undefined;
  readonly pending?: PendingOrder | undefined;
  /** Asked before a new order is placed; throws if it has to wait. */
  readonly beforeOrder?: (() => Promise<void>) | undefined;
  readonly request: CertificateRequest;
  readonly inputs: RequestInputs;
  readonly duration: number;
  readonly issuer: string;
  readonly credentials: Credentials;
  /** A key to keep, unless another algorithm is asked for; without it, and without a CSR, a new one is made. */
  readonly privateKeyPem?: string | undefined;
  /** What else the certificate says: usages of a CA, URLs. */
  readonly extensions?: Partial<CertificateTemplate>;
}

/** Makes or keeps the key and has the issuer sign. */
export async function issue(options: IssuanceOptions): Promise<CertificateOutputs> {
  const { name, request, inputs, duration, issuer, credentials, extensions, previous, pending, beforeOrder } = options;
  const key = await subjectKey(request, keptKey(options));
  const now = Date.now();
  const issued = await issuerKind(issuer).issue(
    {
      name,
      template: {
        subject: request.subject,
        names: request.names,
        publicKey: key.publicKey,
        notBefore: new Date(now - backdate),
        notAfter: new Date(now + duration),
        ...(inputs.keyUsages && { keyUsages: inputs.keyUsages }),
        ...(inputs.extendedKeyUsages && { extendedKeyUsages: inputs.extendedKeyUsages }),
        ...extensions,
      },
      ...(key.privateKey && { privateKey: key.privateKey }),
      ...(inputs.csrPem !== undefined && { csrPem: inputs.csrPem }),
      ...(previous && { previous }),
      ...(pending && { pending }),
      ...(beforeOrder && { beforeOrder }),
      options: issueOptions(inputs),
      signal: engineSignal,
      report: (line) => reportProgress(name, line),
    },
    credentials,
  );
  const privateKey = issued.privateKey ?? key.privateKey;
  return outputsOf(issued, privateKey && privateKeyToPem(privateKey));
}

function issueOptions({ profile, preferredChain, duration }: RequestInputs): IssueOptions {
  return {
    ...(profile !== undefined && { profile }),
    ...(preferredChain !== undefined && { preferredChain }),
    ...(duration !== undefined && { duration }),
  };
}

async function subjectKey(
  { publicKey, algorithm }: CertificateRequest,
  kept: KeyObject | undefined,
): Promise<{ publicKey: KeyObject; privateKey?: KeyObject }> {
  if (publicKey !== undefined) return { publicKey };
  const privateKey = kept ?? (await generatePrivateKey(algorithm));
  return { publicKey: createPublicKey(privateKey), privateKey };
}

function keptKey({ privateKeyPem, inputs }: IssuanceOptions): KeyObject | undefined {
  if (privateKeyPem === undefined) return undefined;
  const key = parsePrivateKey(privateKeyPem, "privateKeyPem");
  const wanted = inputs.privateKey?.algorithm;
  return wanted === undefined || algorithmOf(key) === wanted ? key : undefined;
}

function outputsOf(
  { certificate, chainPem, trustBundlePem, issuedBy, suggestedRenewal, warnings }: Issued,
  privateKeyPem: string | undefined,
): CertificateOutputs {
  return {
    certificatePem: certificate.pem,
    chainPem,
    trustBundlePem,
    ...(privateKeyPem === undefined ? {} : { privateKeyPem }),
    notAfter: formatInstant(certificate.notAfter.getTime()),
    fingerprintSha256: certificate.fingerprintSha256,
    spkiSha256: certificate.spkiSha256,
    ...(issuedBy === undefined ? {} : { issuedBy }),
    ...(suggestedRenewal === undefined ? {} : { suggestedRenewal }),
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
  };
}

/** The outputs of a certificate that was made elsewhere. */
export function outputsOfExisting(
  facts: CertificateFacts,
  chainPem: string,
  trustBundlePem: string,
  privateKeyPem: string | undefined,
): CertificateOutputs {
  return {
    certificatePem: facts.pem,
    chainPem,
    trustBundlePem,
    ...(privateKeyPem === undefined ? {} : { privateKeyPem }),
    notAfter: formatInstant(facts.notAfter.getTime()),
    fingerprintSha256: facts.fingerprintSha256,
    spkiSha256: facts.spkiSha256,
  };
}

/** The issuer has another certificate for the same key: the certificate stays, its chain is the new one. */
export function withNewChain(outs: CertificateOutputs, credentials: Credentials): CertificateOutputs | undefined {
  const authority = authorityOf(credentials.issuer);
  const leaf = new X509Certificate(outs.certificatePem);
  if (!leaf.checkIssued(authority.certificate) || !leaf.verify(authority.certificate.publicKey)) return undefined;
  const { warnings: _, ...certificate } = certificateOf(outs);
  return { ...certificate, chainPem: authority.chainPem, trustBundlePem: authority.trustBundlePem };
}

const certificateFields = [
  "certificatePem",
  "chainPem",
  "trustBundlePem",
  "privateKeyPem",
  "notAfter",
  "fingerprintSha256",
  "spkiSha256",
  "servedBy",
  "issuedBy",
  "suggestedRenewal",
  "revocation",
  "warnings",
] as const satisfies readonly (keyof CertificateOutputs)[];

/** The certificate alone, out of all outputs of a resource. */
export function certificateOf(outs: CertificateOutputs): CertificateOutputs {
  const present = certificateFields.flatMap((field) => (outs[field] === undefined ? [] : [[field, outs[field]]]));
  return Object.fromEntries(present) as CertificateOutputs;
}
