import {
  type DerElement,
  expectTag,
  MalformedDer,
  readAll,
  readBoolean,
  readOid,
  readSequence,
  readTime,
} from "./derReader";

export interface ExtensionField {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** The parts of a certificate as they are encoded (RFC 5280 4.1). */
export interface CertificateFields {
  readonly version: number;
  readonly serialNumber: Buffer;
  /** The object identifier of the signature algorithm inside the signed part. */
  readonly signatureOid: string;
  readonly signatureIdentifiersAgree: boolean;
  readonly issuer: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly extensions: ReadonlyMap<string, ExtensionField>;
}

/** Reads a certificate's DER; throws `MalformedDer`. */
export function readCertificateFields(der: Buffer): CertificateFields {
  const [tbs, outerAlgorithm] = readSequence(der);
  const parts = readAll(expectTag(tbs, 0x30).content);
  let at = 0;
  let version = 1;
  if (parts[0]?.tag === 0xa0) version = (expectTag(readAll(parts[at++]!.content)[0], 0x02).content[0] ?? 0) + 1;
  const serialNumber = expectTag(parts[at++], 0x02).content;
  const algorithm = expectTag(parts[at++], 0x30);
  const issuer = expectTag(parts[at++], 0x30).bytes;
  const [notBefore, notAfter] = readAll(expectTag(parts[at++], 0x30).content);
  const subject = expectTag(parts[at++], 0x30).bytes;
  const spki = expectTag(parts[at++], 0x30).bytes;
  const wrapped = parts.slice(at).find((part) => part.tag === 0xa3);
  return {
    version,
    serialNumber,
    signatureOid: readOid(readAll(algorithm.content)[0]),
    signatureIdentifiersAgree: expectTag(outerAlgorithm, 0x30).bytes.equals(algorithm.bytes),
    issuer,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    subject,
    spki,
    extensions: wrapped ? readExtensions(readSequence(wrapped.content)) : new Map(),
  };
}

/** Reads the elements of `Extensions`; the same extension twice is refused, as RFC 5280 4.2 does. */
export function readExtensions(elements: DerElement[]): Map<string, ExtensionField> {
  const extensions = new Map<string, ExtensionField>();
  for (const each of elements) {
    const [id, second, third] = readAll(expectTag(each, 0x30).content);
    const oid = readOid(id);
    const critical = second?.tag === 0x01;
    if (extensions.has(oid)) throw new MalformedDer(`the extension ${oid} stands twice`);
    extensions.set(oid, {
      critical: critical && readBoolean(second),
      value: expectTag(critical ? third : second, 0x04).content,
    });
  }
  return extensions;
}
