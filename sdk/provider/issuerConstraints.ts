import { type CertificateAuthorityCredentials, parseCredentials } from "../issuers/certificateAuthority";
import type { NameConstraints } from "../x509/nameConstraints";
import { type CertificateFacts, parseCertificate, parseCertificates } from "../x509/parse";
import type { Credentials } from "./define";
import type { IssuerInputs } from "./renewable";
import { hasUnknown } from "./unknown";

/** Name constraints of the issuing CA and of those above it, as far as they are known in this check. */
export function issuerConstraints(issuer: IssuerInputs | undefined, credentials: Credentials): NameConstraints[] {
  const authority = parseCredentials(credentials.issuer);
  if (authority !== undefined) return constraintsAbove(authority);
  const declared = issuer?.nameConstraints;
  return declared === undefined || hasUnknown(declared) ? [] : [declared];
}

const known = new WeakMap<CertificateAuthorityCredentials, NameConstraints[]>();

/** Also refuses an issuer that cannot be read. */
function constraintsAbove(authority: CertificateAuthorityCredentials): NameConstraints[] {
  let constraints = known.get(authority);
  if (constraints === undefined) {
    constraints = pathAbove(authority).flatMap((facts) => facts.nameConstraints ?? []);
    known.set(authority, constraints);
  }
  return constraints;
}

/** The issuing CA and its chain with the root that they end in; a trust bundle may hold others besides. */
function pathAbove({ certificatePem, chainPem, trustBundlePem }: CertificateAuthorityCredentials): CertificateFacts[] {
  const path = [
    parseCertificate(certificatePem, "issuer.certificatePem"),
    ...parseCertificates(chainPem, "issuer.chainPem"),
  ];
  const last = path.at(-1) as CertificateFacts;
  if (last.certificate.checkIssued(last.certificate)) return path;
  const isAbove = ({ certificate }: CertificateFacts): boolean => last.certificate.checkIssued(certificate);
  return [...path, ...parseCertificates(trustBundlePem, "issuer.trustBundlePem").filter(isAbove)];
}
