import { createHash, createHmac, randomBytes, type X509Certificate } from "node:crypto";
import { CertificatesError } from "../../errors";
import { parsePrivateKey, publicKeyMatches } from "../../keys/pem";
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
import { parseCertificate, parseCertificates } from "../../x509/parse";
import type { KeystoreMaterial } from "../define";
import { digestOids, oid } from "./identifiers";
import { kdfDigests, kdfPurpose, pkcs12Kdf, type KdfDigest } from "./keyDerivation";
import { type Encrypted, encryptPbes2, encryptTripleDes } from "./passwordEncryption";

/**
 * Iterations: for `modern` as Java (since 2021) has it, five times OpenSSL's and Windows' 2,048 and 2,000. The MAC has as
 * many as the encryption, because a password is guessed at the cheaper of the two. For `legacy` what old readers expect.
 */
const schemes = {
  modern: { encrypt: encryptPbes2, digest: "sha256", iterations: 10_000 },
  legacy: { encrypt: encryptTripleDes, digest: "sha1", iterations: 2_048 },
} as const;

export type PfxEncryption = keyof typeof schemes;

export const pfxEncryptions = Object.keys(schemes) as readonly PfxEncryption[];

export interface PfxOptions {
  readonly encryption: PfxEncryption;
  /** The name of the entry. */
  readonly alias: string;
}

/**
 * A PKCS#12 file (RFC 7292): one encrypted part with the certificates, one with the encrypted private key, and a MAC over
 * both. The key and its certificate bear the same name and local key id, by which readers pair them.
 */
export async function writePfx({ encryption, alias }: PfxOptions, material: KeystoreMaterial): Promise<Buffer> {
  const { encrypt, digest, iterations } = schemes[encryption];
  const { password } = material;
  const key = parsePrivateKey(material.privateKeyPem, "privateKeyPem");
  const { certificate: leaf } = parseCertificate(material.certificatePem, "certificatePem");
  const chain = parseCertificates(material.chainPem, "chainPem");
  if (!publicKeyMatches(leaf, key))
    throw new CertificatesError("KeyMismatch", "keystore: the private key is not the certificate's.", {
      hint: "Give the private key that the certificate was issued for.",
    });

  const attributes = entryAttributes(alias, leaf);
  const certificateBags = sequence(
    certificateBag(leaf, attributes),
    ...chain.map((ca) => certificateBag(ca.certificate)),
  );
  const [certificates, shroudedKey] = await Promise.all([
    encrypt(certificateBags, password, iterations),
    encrypt(key.export({ type: "pkcs8", format: "der" }), password, iterations),
  ]);
  const keyBag = sequence(
    objectIdentifier(oid.shroudedKeyBag),
    constructed(0, sequence(shroudedKey.algorithm, octetString(shroudedKey.ciphertext))),
    attributes,
  );
  const authenticatedSafe = sequence(encryptedContent(certificates), dataContent(sequence(keyBag)));
  return sequence(integer(3), dataContent(authenticatedSafe), macData(authenticatedSafe, password, digest, iterations));
}

/** friendlyName and localKeyId (RFC 2985 5.5). The id is any bytes that both entries share. */
function entryAttributes(alias: string, leaf: X509Certificate): Buffer {
  const name = Buffer.from(alias, "utf16le").swap16();
  const localKeyId = createHash("sha256").update(leaf.raw).digest().subarray(0, 20);
  return setOf(
    sequence(objectIdentifier(oid.friendlyName), setOf(element(0x1e, name))),
    sequence(objectIdentifier(oid.localKeyId), setOf(octetString(localKeyId))),
  );
}

function certificateBag(certificate: X509Certificate, ...attributes: readonly Buffer[]): Buffer {
  const bag = sequence(objectIdentifier(oid.x509Certificate), constructed(0, octetString(certificate.raw)));
  return sequence(objectIdentifier(oid.certBag), constructed(0, bag), ...attributes);
}

/** ContentInfo of plain data (RFC 5652 4). */
function dataContent(content: Uint8Array): Buffer {
  return sequence(objectIdentifier(oid.data), constructed(0, octetString(content)));
}

/** ContentInfo of EncryptedData (RFC 5652 8). */
function encryptedContent({ algorithm, ciphertext }: Encrypted): Buffer {
  const content = sequence(objectIdentifier(oid.data), algorithm, primitive(0, ciphertext));
  return sequence(objectIdentifier(oid.encryptedData), constructed(0, sequence(integer(0), content)));
}

function macData(content: Uint8Array, password: string, digest: KdfDigest, iterations: number): Buffer {
  const salt = randomBytes(20);
  const { size: length } = kdfDigests[digest];
  const key = pkcs12Kdf({ digest, purpose: kdfPurpose.mac, password, salt, iterations, length });
  const mac = createHmac(digest, key).update(content).digest();
  const algorithm = sequence(objectIdentifier(digestOids[digest]), element(0x05));
  return sequence(sequence(algorithm, octetString(mac)), octetString(salt), integer(iterations));
}
