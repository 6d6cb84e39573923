import { createHash, randomBytes } from "node:crypto";
import { CertificatesError, invalidArgument } from "../errors";
import { algorithmFacts } from "../keys/algorithms";
import { spkiOf } from "../keys/encoding";
import type { Signer } from "../keys/signer";
import { bitString, constructed, integer, sequence, time } from "./der";
import { encodeDistinguishedName } from "./distinguishedName";
import { keyIdentifierOf } from "./extensions";
import { certificateExtensions } from "./certificateExtensions";
import { checkNameConstraints, constrainedNames } from "./nameConstraints";
import { normalizeNames, type SubjectNames } from "./names";
import type { IssuerIdentity } from "./issuerIdentity";
import { encodePem } from "./pem";
import type { CertificateTemplate } from "./template";

export { type IssuerIdentity, issuerIdentity } from "./issuerIdentity";

export interface IssuedCertificate {
  readonly der: Buffer;
  readonly pem: string;
  /** Hexadecimal, lower case. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hexadecimal, lower case. */
  readonly fingerprintSha256: string;
  /** Base64. */
  readonly spkiSha256: string;
}

const version3 = constructed(0, integer(2));

/** Encodes and signs a certificate: `"self"` for a self-signed one, else under the identity of its issuer. */
export async function issueCertificate(
  template: CertificateTemplate,
  issuer: "self" | IssuerIdentity,
  signer: Signer,
): Promise<IssuedCertificate> {
  const names = normalizeNames(template.names);
  const subject = encodeDistinguishedName(template.subject);
  const spki = spkiOf(template.publicKey);
  const issuerKey = issuer === "self" ? spki : issuer.spkiDer;
  checkSigner(signer, issuerKey);
  if (issuer !== "self") checkIssuer(template, names, issuer);
  const notBefore = wholeSeconds(template.notBefore, "notBefore");
  const notAfter = wholeSeconds(template.notAfter, "notAfter");
  if (notAfter.getTime() <= notBefore.getTime())
    throw invalidArgument(
      "notAfter",
      `${notAfter.toISOString()} is not after notBefore ${notBefore.toISOString()}.`,
      "Give a later end.",
    );
  const serial = template.serialNumber ? checkSerial(template.serialNumber) : randomSerial();
  const keyIdentifier = keyIdentifierOf(spki);
  const signature = identifierOf(signer);
  const tbs = sequence(
    version3,
    integer(serial),
    signature,
    issuer === "self" ? subject : issuer.subjectDer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    constructed(
      3,
      certificateExtensions(template, names, keyIdentifier, issuer === "self" ? keyIdentifier : issuer.keyIdentifier),
    ),
  );
  const der = sequence(tbs, signature, bitString(await signer.sign(tbs)));
  return {
    der,
    pem: encodePem("CERTIFICATE", der),
    serialNumber: hexOfSerial(serial),
    notBefore,
    notAfter,
    fingerprintSha256: createHash("sha256").update(der).digest("hex"),
    spkiSha256: createHash("sha256").update(spki).digest("base64"),
  };
}

const identifiers = new Map<string, Buffer>();

/** The AlgorithmIdentifier of a signer's signatures. */
export function identifierOf(signer: Signer): Buffer {
  let identifier = identifiers.get(signer.algorithm);
  if (identifier === undefined) {
    identifier = Buffer.from(algorithmFacts[signer.algorithm].signatureIdentifier, "hex");
    identifiers.set(signer.algorithm, identifier);
  }
  return identifier;
}

const signerKeys = new WeakMap<Signer, Buffer>();

function checkSigner(signer: Signer, issuerSpki: Uint8Array): void {
  let own = signerKeys.get(signer);
  if (own === undefined) {
    own = spkiOf(signer.publicKey);
    signerKeys.set(signer, own);
  }
  if (!own.equals(issuerSpki))
    throw new CertificatesError("KeyMismatch", "The signing key is not the key of the issuer's certificate.", {
      hint: "Give the CA certificate and the private key that belong together.",
    });
}

function checkIssuer(template: CertificateTemplate, names: SubjectNames, issuer: IssuerIdentity): void {
  if (template.ca && issuer.pathLength === 0)
    throw new CertificatesError("ConstraintViolation", "The issuer's path length is 0: it may not issue for a CA.", {
      hint: "Use an issuer with a greater path length, or none.",
    });
  const violation =
    issuer.nameConstraints &&
    checkNameConstraints(constrainedNames(template.subject.commonName, names), issuer.nameConstraints);
  if (violation)
    throw new CertificatesError(
      "ConstraintViolation",
      `The issuer may not issue for ${violation.name}: its name constraints say ${violation.rule}.`,
      { hint: "Use another issuer, or a name inside its constraints." },
    );
}

function wholeSeconds(date: Date, property: string): Date {
  const seconds = Math.floor(date.getTime() / 1000);
  // 1950-01-01 to 9999-12-31T23:59:59Z: what a certificate can say.
  if (!(seconds >= -631_152_000 && seconds <= 253_402_300_799))
    throw invalidArgument(property, `${String(date)} is not between 1950 and 9999.`, "Give a date in between.");
  return new Date(seconds * 1000);
}

function randomSerial(): Buffer {
  const serial = randomBytes(16);
  // Positive, and always of the same length.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial;
}

function checkSerial(serial: Uint8Array): Uint8Array {
  const zero = serial.every((byte) => byte === 0);
  if (zero || serial.length > 20 || (serial.length === 20 && (serial[0] as number) >= 0x80))
    throw invalidArgument(
      "serialNumber",
      `of ${serial.length} bytes is zero or longer than 20 bytes in DER.`,
      "Give a positive number of at most 159 bits (RFC 5280 4.1.2.2).",
    );
  return serial;
}

const hexOfSerial = (serial: Uint8Array): string =>
  Buffer.from(serial)
    .toString("hex")
    .replace(/^(?:00)+(?=..)/, "");
