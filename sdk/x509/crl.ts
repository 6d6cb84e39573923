import type { X509Certificate } from "node:crypto";
import { fullNameUrls } from "./accessUrls";
import {
  type DerElement,
  expectTag,
  readAll,
  readElement,
  readInteger,
  readOnly,
  readSequence,
  readTime,
} from "./derReader";
import { decodeKeyUsages, oids } from "./extensions";
import { type ExtensionField, readCertificateFields, readExtensions } from "./fields";
import { assertCurrent, revocationReason, type StatusAnswer, UnreliableAnswer } from "./revocationData";
import { isSignedBy } from "./signature";

/** A certificate revocation list whose signature was checked (RFC 5280 5). */
export interface Crl {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The subject of its issuer, DER. */
  readonly issuer: Buffer;
  /** The URLs for which it is, if it is one part of several. */
  readonly urls?: readonly string[];
  /** The contents of `revokedCertificates`: they are looked through, not turned into objects. */
  readonly entries: Buffer;
}

const crlOids = {
  reasonCode: "2.5.29.21",
  issuingDistributionPoint: "2.5.29.28",
  authorityKeyIdentifier: oids.authorityKeyIdentifier,
} as const;

/** Reads a list that `issuer` signed. Throws `MalformedDer` or `UnreliableAnswer`. */
export function readCrl(der: Buffer, issuer: X509Certificate): Crl {
  const [list, algorithm, signature] = readSequence(der);
  const signed = expectTag(list, 0x30);
  const { subject, extensions } = readCertificateFields(issuer.raw);
  const parts = readAll(signed.content);
  if (parts[0]?.tag === 0x02) parts.shift(); // the version
  const [innerAlgorithm, name, thisUpdate, nextUpdate, ...rest] = parts;
  if (!expectTag(name, 0x30).bytes.equals(subject)) throw new UnreliableAnswer("the list is from another issuer");
  const usages = extensions.get(oids.keyUsage);
  if (usages !== undefined && !decodeKeyUsages(usages.value).includes("cRLSign"))
    throw new UnreliableAnswer("the issuer's key is not for signing lists");
  const outer = expectTag(algorithm, 0x30).bytes;
  const encoded = { algorithm: outer, bits: expectTag(signature, 0x03).content };
  if (!outer.equals(expectTag(innerAlgorithm, 0x30).bytes) || !isSignedBy(signed.bytes, encoded, issuer.publicKey))
    throw new UnreliableAnswer("the signature of the list is wrong");
  if (nextUpdate?.tag !== 0x17 && nextUpdate?.tag !== 0x18)
    throw new UnreliableAnswer("the list does not say when it is out of date");
  const wrapped = rest.find(({ tag }) => tag === 0xa0);
  const urls = scopeOf(wrapped ? readExtensions(readSequence(wrapped.content)) : new Map());
  return {
    thisUpdate: readTime(thisUpdate),
    nextUpdate: readTime(nextUpdate),
    issuer: subject,
    ...(urls === undefined ? {} : { urls }),
    entries: rest[0]?.tag === 0x30 ? rest[0].content : Buffer.alloc(0),
  };
}

/** For which URLs a list is, if it says so; refuses lists that do not cover every reason and end-entity certificate. */
function scopeOf(extensions: ReadonlyMap<string, ExtensionField>): string[] | undefined {
  for (const [oid, { critical }] of extensions)
    if (critical && !Object.values<string>(crlOids).includes(oid))
      throw new UnreliableAnswer(`the list has the critical extension ${oid}, such as of a delta list`);
  const point = extensions.get(crlOids.issuingDistributionPoint);
  if (point === undefined) return undefined;
  const parts = readSequence(point.value);
  // 1 onlyContainsUserCerts is fine; 2 onlyContainsCACerts, 3 onlySomeReasons, 4 indirectCRL, 5 onlyContainsAttributeCerts
  const partial = parts.find(
    ({ tag, content }) => tag === 0x83 || ([0x82, 0x84, 0x85].includes(tag) && content[0] !== 0),
  );
  if (partial !== undefined) throw new UnreliableAnswer("the list covers only a part of the certificates or reasons");
  const name = parts.find(({ tag }) => tag === 0xa0);
  return name === undefined ? undefined : fullNameUrls(name.content);
}

/**
 * What a list says about a certificate. `crlUrls` are those of the certificate: a list for other URLs says nothing about
 * it (RFC 5280 6.3.3). Throws `MalformedDer` or `UnreliableAnswer`.
 */
export function statusInCrl(
  crl: Crl,
  certificate: X509Certificate,
  crlUrls: readonly string[],
  now: Date,
): StatusAnswer {
  const { issuer, serialNumber } = readCertificateFields(certificate.raw);
  const { nextUpdate } = crl;
  assertCurrent("the list", crl.thisUpdate, nextUpdate, now);
  if (!crl.issuer.equals(issuer)) throw new UnreliableAnswer("the list is from another issuer");
  if (crl.urls !== undefined && !crl.urls.some((url) => crlUrls.includes(url)))
    throw new UnreliableAnswer("the list is for other certificates of the issuer");
  const entry = findEntry(crl.entries, serialNumber);
  return entry === undefined ? { status: "good", nextUpdate } : { ...readEntry(entry), nextUpdate };
}

/** Looks through all entries without decoding them: 20,000 take a few milliseconds. */
function findEntry(entries: Buffer, serialNumber: Buffer): DerElement | undefined {
  let found: DerElement | undefined;
  for (let offset = 0; offset < entries.length;) {
    const entry = expectTag(readElement(entries, offset), 0x30);
    const { content } = entry;
    offset += entry.bytes.length;
    // An INTEGER of this length, then these bytes: serial numbers have one encoding each.
    if (content[0] !== 0x02 || content[1] !== serialNumber.length) continue;
    if (content.subarray(2, 2 + serialNumber.length).equals(serialNumber)) found = entry;
  }
  return found;
}

function readEntry({ content }: DerElement): StatusAnswer {
  const [, revokedAt, wrapped] = readAll(content);
  const extensions = wrapped ? readExtensions(readAll(expectTag(wrapped, 0x30).content)) : undefined;
  for (const [oid, { critical }] of extensions ?? [])
    if (critical && oid !== crlOids.reasonCode)
      throw new UnreliableAnswer(`the entry has the critical extension ${oid}, such as of an indirect list`);
  const reason = extensions?.get(crlOids.reasonCode);
  return {
    status: "revoked",
    revokedAt: readTime(revokedAt),
    ...(reason === undefined ? {} : { reason: revocationReason(readInteger(readOnly(reason.value, 0x0a))) }),
  };
}
