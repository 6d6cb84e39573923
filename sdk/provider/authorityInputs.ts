import { CertificatesError, invalidArgument } from "../errors";
import { type NameConstraints, normalizeNameConstraints } from "../x509/nameConstraints";
import type { AdoptableInputs } from "./adopt";
import { assertIssuable } from "./issuable";
import type { CertificateOutputs } from "./issuance";
import type { IssuerUrls, RenewableDefaults, RenewableOuts } from "./renewable";
import { type CertificateRequest, parseRequest } from "./request";
import { hasUnknown } from "./unknown";
import type { CertificateTemplate } from "../x509/template";

export interface CertificateAuthorityInputs extends AdoptableInputs, IssuerUrls {
  readonly pathLength?: number;
  readonly nameConstraints?: NameConstraints;
  /** Counts the keys: another number makes a new one. */
  readonly generation?: number;
  readonly signedBy?: "external";
  readonly signedCertificatePem?: string;
  readonly signedChainPem?: string;
  readonly signedTrustBundlePem?: string;
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
  /** The next key, until its certificate is signed elsewhere. */
  readonly pendingPrivateKeyPem?: string;
}

type Inputs = CertificateAuthorityInputs;

const defaultAlgorithm = "ECDSA-P384";
const requestFields = ["pathLength", "nameConstraints", "generation", "signedBy"];

/** Ten years for a root, three for what another CA signs. */
export function defaultsOf({ issuer, signedBy }: Inputs): RenewableDefaults {
  return { duration: issuer === undefined ? "10y" : "3y", requestFields, renewsItself: signedBy !== "external" };
}

export function requestOf(inputs: Inputs): CertificateRequest | undefined {
  return parseRequest(inputs, defaultAlgorithm);
}

export function knownRequest(news: Inputs): CertificateRequest {
  const request = requestOf(news);
  if (request === undefined) throw new CertificatesError("Internal", "The request is still unknown in an update.");
  return request;
}

export function authorityOf({ pathLength, nameConstraints }: Inputs): NonNullable<CertificateTemplate["ca"]> {
  return { ...(pathLength !== undefined && { pathLength }), ...(nameConstraints && { nameConstraints }) };
}

/** Refuses arguments that cannot be right for a CA. */
export function assertAuthority(news: Inputs, request: CertificateRequest | undefined): void {
  assertSigner(news);
  assertCount("pathLength", news.pathLength, 0);
  assertCount("generation", news.generation, 1);
  assertBelow(news);
  const areConstraintsKnown = !hasUnknown(news.nameConstraints);
  if (areConstraintsKnown && news.nameConstraints) normalizeNameConstraints(news.nameConstraints, "nameConstraints");
  if (request === undefined) return;
  const ca = areConstraintsKnown && !hasUnknown(news.pathLength) ? authorityOf(news) : {};
  const { crlUrls, issuerUrls, ocspUrls } = news;
  const own = Object.fromEntries(Object.entries({ crlUrls, issuerUrls, ocspUrls }).filter(([, urls]) => urls));
  assertIssuable(request, news, { ca, ...own });
}

function assertSigner({ signedBy, issuer, signedCertificatePem }: Inputs): void {
  if (signedBy !== undefined && signedBy !== "external" && !hasUnknown(signedBy)) {
    throw invalidArgument(
      "signedBy",
      `${JSON.stringify(signedBy)} is not known.`,
      'Use "external", or give an issuer instead.',
    );
  }
  if (signedBy === "external" && issuer !== undefined) {
    throw invalidArgument(
      "signedBy",
      "a CA that is signed elsewhere has no issuer here.",
      "Leave out issuer or signedBy.",
    );
  }
  if (signedCertificatePem !== undefined && signedBy === undefined) {
    throw invalidArgument("signedCertificatePem", "is for a CA that is signed elsewhere.", 'Add signedBy: "external".');
  }
}

function assertBelow({ issuer, pathLength }: Inputs): void {
  const above = issuer?.pathLength;
  if (above === undefined || hasUnknown([above, pathLength]) || (pathLength ?? 0) < above) return;
  throw invalidArgument(
    "pathLength",
    above === 0
      ? "the issuing CA has pathLength 0 and may sign no further CA."
      : `${pathLength} is not smaller than the issuing CA's ${above}.`,
    "Give the issuing CA a greater pathLength, or none (RFC 5280, 4.2.1.9).",
  );
}

function assertCount(property: string, value: number | undefined, least: number): void {
  if (value === undefined || hasUnknown(value) || (Number.isInteger(value) && value >= least)) return;
  throw invalidArgument(
    property,
    `${JSON.stringify(value)} is no whole number from ${least} on.`,
    `Use ${least} or more.`,
  );
}
