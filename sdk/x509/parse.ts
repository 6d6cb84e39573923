import { createHash, X509Certificate } from "node:crypto";
import { CertificatesError, messageOf } from "../errors";
import { describeKey } from "../keys/algorithms";
import { type DerElement, expectTag, readBoolean, readInteger, readOnly, readSequence } from "./derReader";
import { decodeDistinguishedName, type DistinguishedName } from "./distinguishedName";
import { decodeExtendedKeyUsages, decodeKeyUsages, type ExtendedKeyUsage, type KeyUsage, oids } from "./extensions";
import { type CertificateFields, readCertificateFields } from "./fields";
import { decodeNameConstraints, type NameConstraints } from "./nameConstraints";
import { decodeGeneralNames, type SubjectNames } from "./names";
import { encodePem, readPemBundle } from "./pem";

/** What a certificate says. */
export interface CertificateFacts {
  readonly certificate: X509Certificate;
  /** The certificate alone, in one form. */
  readonly pem: string;
  /** In the form of RFC 4514: `CN=Example Root,O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  readonly subjectName: DistinguishedName;
  /** Hexadecimal, lower case. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hexadecimal, lower case. */
  readonly fingerprintSha256: string;
  /** Base64. */
  readonly spkiSha256: string;
  readonly isCA: boolean;
  readonly pathLength?: number;
  /** One of `keyAlgorithms`, or a like name for another key: `RSA-1024`, `ECDSA-P521`. */
  readonly keyAlgorithm: string;
  /** As they stand in the certificate, not normalized. */
  readonly names: SubjectNames;
  /** Undefined if the certificate does not restrict them. */
  readonly keyUsages?: KeyUsage[];
  /** Undefined if the certificate does not restrict them. */
  readonly extendedKeyUsages?: ExtendedKeyUsage[];
  readonly nameConstraints?: NameConstraints;
  /** Hexadecimal, lower case. */
  readonly subjectKeyIdentifier?: string;
  /** Hexadecimal, lower case. */
  readonly authorityKeyIdentifier?: string;
}

/**
 * The certificates of a PEM bundle, one text each, in their order and in one form (64 characters a line). Refuses more
 * than 256 KiB, more than 32 certificates and blocks that are cut off; whether each can be read is not looked at.
 */
export function splitPem(bundle: string, property = "bundle"): string[] {
  return readPemBundle(bundle, property).map((der) => encodePem("CERTIFICATE", der));
}

/** Reads the one certificate of a PEM text. */
export function parseCertificate(pem: string, property: string): CertificateFacts {
  const ders = readPemBundle(pem, property);
  const der = ders[0];
  if (der === undefined || ders.length > 1)
    throw new CertificatesError("MalformedInput", `${property}: holds ${ders.length} certificates.`, {
      property,
      hint: "Give exactly one, in PEM, from BEGIN to END CERTIFICATE.",
    });
  return readCertificate(der, property);
}

/** Reads every certificate of a bundle; none is an empty list. */
export function parseCertificates(bundle: string, property: string): CertificateFacts[] {
  return readPemBundle(bundle, property).map((der, at) => readCertificate(der, `${property}[${at}]`));
}

function readCertificate(der: Buffer, property: string): CertificateFacts {
  try {
    return factsOf(der);
  } catch (cause) {
    throw new CertificatesError("MalformedInput", `${property}: is no readable certificate: ${messageOf(cause)}.`, {
      property,
      hint: "Check it with: openssl x509 -in certificate.pem -noout -text.",
      cause,
    });
  }
}

function factsOf(der: Buffer): CertificateFacts {
  // DER of one length of its own: OpenSSL would read the first element and leave out what follows.
  readOnly(der, 0x30);
  const certificate = new X509Certificate(der);
  const fields = readCertificateFields(certificate.raw);
  const subject = decodeDistinguishedName(fields.subject);
  return {
    certificate,
    pem: encodePem("CERTIFICATE", der),
    subject: subject.text,
    issuer: decodeDistinguishedName(fields.issuer).text,
    subjectName: subject.name,
    serialNumber: fields.serialNumber.toString("hex").replace(/^(?:00)+(?=..)/, ""),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    fingerprintSha256: createHash("sha256").update(certificate.raw).digest("hex"),
    spkiSha256: createHash("sha256").update(fields.spki).digest("base64"),
    keyAlgorithm: describeKey(certificate.publicKey),
    isCA: false,
    names: {},
    ...readKnownExtensions(fields),
  };
}

function readKnownExtensions(fields: CertificateFields): Partial<CertificateFacts> {
  const read = <T>(oid: string, decode: (value: Buffer) => T): T | undefined => {
    const found = fields.extensions.get(oid);
    return found && decode(found.value);
  };
  const basic = read(oids.basicConstraints, decodeBasicConstraints);
  const facts: { -readonly [K in keyof CertificateFacts]?: CertificateFacts[K] | undefined } = {
    isCA: basic?.isCA ?? false,
    pathLength: basic?.pathLength,
    names: read(oids.subjectAltName, (value) => decodeGeneralNames(value).names) ?? {},
    keyUsages: read(oids.keyUsage, decodeKeyUsages),
    extendedKeyUsages: read(oids.extendedKeyUsage, decodeExtendedKeyUsages),
    nameConstraints: read(oids.nameConstraints, (value) => decodeNameConstraints(value).constraints),
    subjectKeyIdentifier: read(oids.subjectKeyIdentifier, (value) => readOnly(value, 0x04).content.toString("hex")),
    authorityKeyIdentifier: read(oids.authorityKeyIdentifier, decodeAuthorityKeyIdentifier),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** Reads the value of basicConstraints (RFC 5280 4.2.1.9). */
export function decodeBasicConstraints(value: Buffer): { isCA: boolean; pathLength?: number } {
  const parts = readSequence(value);
  const flag: DerElement | undefined = parts[0]?.tag === 0x01 ? parts.shift() : undefined;
  const isCA = flag !== undefined && readBoolean(flag);
  return parts[0] === undefined ? { isCA } : { isCA, pathLength: readInteger(expectTag(parts[0], 0x02)) };
}

function decodeAuthorityKeyIdentifier(value: Buffer): string | undefined {
  return readSequence(value)
    .find((part) => part.tag === 0x80)
    ?.content.toString("hex");
}
