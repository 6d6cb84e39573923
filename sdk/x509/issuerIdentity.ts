import { CertificatesError } from "../errors";
import { keyIdentifierOf } from "./extensions";
import { readCertificateFields } from "./fields";
import type { NameConstraints } from "./nameConstraints";
import { parseCertificate } from "./parse";

/** What a certificate takes over from its issuer's certificate. */
export interface IssuerIdentity {
  readonly subjectDer: Uint8Array;
  readonly keyIdentifier: Uint8Array;
  /** The issuer's public key, in DER: a signer with another key is refused. */
  readonly spkiDer: Uint8Array;
  /** Names outside are refused. */
  readonly nameConstraints?: NameConstraints;
  /** With 0, a CA certificate below it is refused. */
  readonly pathLength?: number;
}

const identities = new Map<string, IssuerIdentity>();
const maxIdentities = 64;

/** What certificates take over from a CA's certificate. Remembered by the PEM text: it is asked for once per leaf. */
export function issuerIdentity(caCertificatePem: string, property = "certificatePem"): IssuerIdentity {
  const known = identities.get(caCertificatePem);
  if (known !== undefined) return known;
  const facts = parseCertificate(caCertificatePem, property);
  if (!facts.isCA || facts.keyUsages?.includes("keyCertSign") === false)
    throw new CertificatesError("InvalidArgument", `${property}: ${facts.subject} is no CA, so it cannot issue.`, {
      property,
      hint: "Give the certificate of a CA: with basicConstraints CA:TRUE and the key usage keyCertSign.",
    });
  const fields = readCertificateFields(facts.certificate.raw);
  const identity: IssuerIdentity = {
    subjectDer: fields.subject,
    keyIdentifier: facts.subjectKeyIdentifier
      ? Buffer.from(facts.subjectKeyIdentifier, "hex")
      : keyIdentifierOf(fields.spki),
    spkiDer: fields.spki,
    ...(facts.nameConstraints ? { nameConstraints: facts.nameConstraints } : {}),
    ...(facts.pathLength === undefined ? {} : { pathLength: facts.pathLength }),
  };
  if (identities.size >= maxIdentities) identities.clear();
  identities.set(caCertificatePem, identity);
  return identity;
}
