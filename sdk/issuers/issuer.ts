import type { KeyObject } from "node:crypto";
import type { CertificatesError } from "../errors";
import type { IssuedCertificate } from "../x509/certificate";
import type { CertificateTemplate } from "../x509/template";

/** What an issuer is asked to certify. The issuer decides on nothing but the chain and the latest possible end. */
export interface IssueRequest {
  /** Project, stack and name of the resource, and for a member of a set its name. */
  readonly name: string;
  readonly template: CertificateTemplate;
  /** The subject's private key, where this package holds it; a self-signed certificate needs it. */
  readonly privateKey?: KeyObject;
  /** The user's own request, PEM. */
  readonly csrPem?: string;
  /** Arguments that only some kinds look at. */
  readonly options: IssueOptions;
  /** The certificate that this one is to follow. */
  readonly previous?: Previous;
  /** An order that an earlier run placed and could not finish. */
  readonly pending?: PendingOrder;
  /** Asked before a new order is placed; throws if it has to wait. */
  readonly beforeOrder?: () => Promise<void>;
  /** Ends everything that is under way when the engine is gone. */
  readonly signal: AbortSignal;
  /** Shows progress; never a secret. */
  report(line: string): void;
}

export interface Previous {
  readonly certificatePem: string;
  readonly issuedBy?: IssuingService;
}

/** A CA that is a service, and can be asked about what it issued. */
export interface IssuingService {
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly caBundlePem?: string;
}

/** A window for renewal, in RFC 3339. */
export interface SuggestedWindow {
  readonly start: string;
  readonly end: string;
  readonly explanationUrl?: string;
}

/** An order under way at a service. */
export interface PendingOrder {
  readonly orderUrl: string;
  /** The request that it is finalized with, DER in base64; empty if the CA refused the one that was made. */
  readonly csrDer: string;
  /** The key that the request was made with, if this package made it. */
  readonly certificateKeyPem?: string;
  /** Where it was placed; states of version 1 do not say. */
  readonly directoryUrl?: string;
}

/** Thrown when an order was placed and can be finished later: what to record, besides the reason. */
export class OrderPending extends Error {
  constructor(
    readonly error: CertificatesError,
    readonly pending: PendingOrder,
  ) {
    super(error.message, { cause: error });
  }
}

export interface IssueOptions {
  readonly profile?: string;
  readonly preferredChain?: string;
  /** The lifetime that the user asked for, if any. */
  readonly duration?: string;
}

export interface Issued {
  readonly certificate: Omit<IssuedCertificate, "der">;
  /** The key that it certifies, if it is another one than was given: that of an order which an earlier run began. */
  readonly privateKey?: KeyObject;
  /** Intermediates, the issuing one first, without the root. */
  readonly chainPem: string;
  /** Roots only. */
  readonly trustBundlePem: string;
  /** Which CA it was, where the issuer is a service. */
  readonly issuedBy?: IssuingService;
  /** When the service asks for renewal. */
  readonly suggestedRenewal?: SuggestedWindow;
  /** What the user should know although it worked. */
  readonly warnings: readonly string[];
}

/** One kind of issuer, on the provider's side. */
export interface IssuerKind {
  readonly kind: string;
  /** A fallback of another class would change who trusts the certificate. */
  readonly trust: "private" | "public";
  /** @param credentials what came with the resource as write-only input: `issuer`, and for some kinds more */
  issue(request: IssueRequest, credentials: Readonly<Record<string, unknown>>): Promise<Issued>;
}
