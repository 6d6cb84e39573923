import type { KeyObject } from "node:crypto";
import type { CertificateTemplate, IssuedCertificate } from "../x509/certificate";

/** What an issuer is asked to certify. The issuer decides on nothing but the chain and the latest possible end. */
export interface IssueRequest {
  readonly template: CertificateTemplate;
  /** The subject's private key, where this package holds it; a self-signed certificate needs it. */
  readonly privateKey?: KeyObject;
}

export interface Issued {
  readonly certificate: IssuedCertificate;
  /** Intermediates, the issuing one first, without the root. */
  readonly chainPem: string;
  /** Roots only. */
  readonly trustBundlePem: string;
  /** What the user should know although it worked. */
  readonly warnings: readonly string[];
}

/** One kind of issuer, on the provider's side. */
export interface IssuerKind {
  readonly kind: string;
  /** A fallback of another class would change who trusts the certificate. */
  readonly trust: "private" | "public";
  issue(request: IssueRequest, credentials: unknown): Promise<Issued>;
}
