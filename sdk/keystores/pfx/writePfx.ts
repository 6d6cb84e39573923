import { createHash, type X509Certificate } from "node:crypto";
import { CertificatesError } from "../../errors";
import { parsePrivateKey, publicKeyMatches } from "../../keys/pem";
import { constructed, integer, objectIdentifier, octetString, sequence, setOf } from "../../x509/der";
import { parseCertificate, parseCertificates } from "../../x509/parse";
import type { KeystoreMaterial } from "../define";
import { oid } from "./identifiers";
import {
  certificateBag,
  dataContent,
  encryptedContent,
  friendlyName,
  macData,
  schemes,
  type PfxEncryption,
} from "./pfxParts";

export type { PfxEncryption };

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
  const localKeyId = createHash("sha256").update(leaf.raw).digest().subarray(0, 20);
  return setOf(friendlyName(alias), sequence(objectIdentifier(oid.localKeyId), setOf(octetString(localKeyId))));
}
