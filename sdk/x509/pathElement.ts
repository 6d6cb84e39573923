import { type DecodedName, decodeDistinguishedName } from "./distinguishedName";
import { type CertificateFields, readCertificateFields } from "./fields";
import type { CertificateFacts } from "./parse";

export type ChainFailureCode =
  | "MissingIssuer"
  | "UntrustedRoot"
  | "BadSignature"
  | "Expired"
  | "NotYetValid"
  | "NotCA"
  | "PathLengthExceeded"
  | "NameConstraintViolated"
  | "UnknownCriticalExtension"
  | "PurposeNotAllowed"
  | "NameMismatch"
  | "Malformed";

export interface ChainFailure {
  readonly code: ChainFailureCode;
  readonly message: string;
  /** The subject of the certificate at fault, or the missing one. */
  readonly element: string;
}

export type ChainPurpose = "serverAuth" | "clientAuth";

/** A certificate with what path validation looks at, read once. */
export interface ChainElement {
  readonly facts: CertificateFacts;
  readonly fields: CertificateFields;
  readonly fingerprint: string;
  readonly subjectName: DecodedName;
  /** Subject and issuer are the same name. */
  readonly selfIssued: boolean;
  readonly selfSigned: boolean;
}

export function chainElement(facts: CertificateFacts): ChainElement {
  const fields = readCertificateFields(facts.certificate.raw);
  const selfIssued = fields.subject.equals(fields.issuer);
  return {
    facts,
    fields,
    fingerprint: facts.fingerprintSha256,
    subjectName: decodeDistinguishedName(fields.subject),
    selfIssued,
    selfSigned: selfIssued && signsItself(facts),
  };
}

/** A self-issued certificate may still be signed by another key of the same CA: the identifiers tell. */
function signsItself({ authorityKeyIdentifier, subjectKeyIdentifier, certificate }: CertificateFacts): boolean {
  return authorityKeyIdentifier === undefined
    ? certificate.verify(certificate.publicKey)
    : authorityKeyIdentifier === subjectKeyIdentifier;
}
