import { createHmac, randomBytes, type X509Certificate } from "node:crypto";
import {
  constructed,
  element,
  integer,
  objectIdentifier,
  octetString,
  primitive,
  sequence,
  setOf,
} from "../../x509/der";
import { digestOids, oid } from "./identifiers";
import { kdfDigests, kdfPurpose, pkcs12Kdf, type KdfDigest } from "./keyDerivation";
import { type Encrypted, encryptPbes2, encryptTripleDes } from "./passwordEncryption";

/**
 * Iterations: for `modern` as Java (since 2021) has it, five times OpenSSL's and Windows' 2,048 and 2,000. The MAC has as
 * many as the encryption, because a password is guessed at the cheaper of the two. For `legacy` what old readers expect.
 */
export const schemes = {
  modern: { encrypt: encryptPbes2, digest: "sha256", iterations: 10_000 },
  legacy: { encrypt: encryptTripleDes, digest: "sha1", iterations: 2_048 },
} as const;

export type PfxEncryption = keyof typeof schemes;

/** The name of an entry (RFC 2985 5.5). */
export function friendlyName(name: string): Buffer {
  return sequence(objectIdentifier(oid.friendlyName), setOf(element(0x1e, Buffer.from(name, "utf16le").swap16())));
}

export function certificateBag(certificate: X509Certificate, ...attributes: readonly Buffer[]): Buffer {
  const bag = sequence(objectIdentifier(oid.x509Certificate), constructed(0, octetString(certificate.raw)));
  return sequence(objectIdentifier(oid.certBag), constructed(0, bag), ...attributes);
}

/** ContentInfo of plain data (RFC 5652 4). */
export function dataContent(content: Uint8Array): Buffer {
  return sequence(objectIdentifier(oid.data), constructed(0, octetString(content)));
}

/** ContentInfo of EncryptedData (RFC 5652 8). */
export function encryptedContent({ algorithm, ciphertext }: Encrypted): Buffer {
  const content = sequence(objectIdentifier(oid.data), algorithm, primitive(0, ciphertext));
  return sequence(objectIdentifier(oid.encryptedData), constructed(0, sequence(integer(0), content)));
}

/** With as many iterations as the encryption. */
export function macData(content: Uint8Array, password: string, digest: KdfDigest, iterations: number): Buffer {
  const salt = randomBytes(20);
  const { size: length } = kdfDigests[digest];
  const key = pkcs12Kdf({ digest, purpose: kdfPurpose.mac, password, salt, iterations, length });
  const mac = createHmac(digest, key).update(content).digest();
  const algorithm = sequence(objectIdentifier(digestOids[digest]), element(0x05));
  return sequence(sequence(algorithm, octetString(mac)), octetString(salt), integer(iterations));
}
