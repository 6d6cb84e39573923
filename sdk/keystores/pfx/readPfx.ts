import {
  createHash,
  createHmac,
  createPrivateKey,
  timingSafeEqual,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import { CertificatesError, invalidArgument } from "../../errors";
import { publicKeyMatches } from "../../keys/pem";
import { expectTag, MalformedDer, readAll, readInteger, readOid, readOnly, readSequence } from "../../x509/derReader";
import type { KeystoreContents } from "../define";
import { digestOids, oid } from "./identifiers";
import { kdfDigests, kdfPurpose, pkcs12Kdf, type KdfDigest } from "./keyDerivation";
import { decrypt, readIterations, unsupported } from "./passwordEncryption";

const maxKeystoreLength = 4 * 1024 * 1024;

/** One entry of a SafeContents (RFC 7292 4.2), opened. */
interface Bag {
  readonly alias: string | undefined;
  readonly localKeyId: Buffer | undefined;
  readonly content: X509Certificate | KeyObject | undefined;
}

/** Opens a PKCS#12 file in DER (RFC 7292) after checking its MAC. */
export async function readPfx(keystore: Buffer, password: string): Promise<KeystoreContents> {
  if (keystore.length > maxKeystoreLength) throw malformed("it is longer than 4 MiB");
  try {
    const bags: Bag[] = [];
    for (const content of authenticatedContents(keystore, password))
      bags.push(...(await readBags(await safeContents(content, password), password)));
    return describe(bags);
  } catch (error) {
    if (CertificatesError.is(error)) throw error;
    throw malformed(error instanceof MalformedDer ? error.message : "an element cannot be read", error);
  }
}

function malformed(problem: string, cause?: unknown): CertificatesError {
  return new CertificatesError("MalformedInput", `keystore: it is no readable PKCS#12 file: ${problem}.`, {
    hint: "Give a PKCS#12 file in DER that was not changed after it was written.",
    cause,
  });
}

function authenticatedContents(keystore: Buffer, password: string): Buffer[] {
  const [version, authSafe, macData] = readSequence(keystore);
  if (readInteger(expectTag(version, 0x02)) !== 3) throw new MalformedDer("its version is not 3");
  const [type, content] = readSequence(expectTag(authSafe, 0x30).bytes);
  if (readOid(type) !== oid.data) unsupported("protection", readOid(type));
  const safe = readOnly(expectTag(content, 0xa0).content, 0x04).content;
  if (macData === undefined) throw new MalformedDer("it has no MAC, so that it cannot be told whether it was changed");
  checkMac(safe, macData.bytes, password);
  return readSequence(safe).map((contentInfo) => contentInfo.bytes);
}

function checkMac(safe: Buffer, macData: Buffer, password: string): void {
  const [digestInfo, salt, iterations] = readSequence(macData);
  const [algorithm, expected] = readSequence(expectTag(digestInfo, 0x30).bytes);
  const identifier = readOid(readSequence(expectTag(algorithm, 0x30).bytes)[0]);
  const digest = (Object.keys(digestOids) as KdfDigest[]).find((name) => digestOids[name] === identifier);
  if (digest === undefined) unsupported("MAC", identifier);
  const key = pkcs12Kdf({
    digest,
    purpose: kdfPurpose.mac,
    password,
    salt: expectTag(salt, 0x04).content,
    iterations: iterations === undefined ? 1 : readIterations(iterations),
    length: kdfDigests[digest].size,
  });
  const mac = createHmac(digest, key).update(safe).digest();
  const stored = expectTag(expected, 0x04).content;
  if (stored.length !== mac.length || !timingSafeEqual(stored, mac))
    throw invalidArgument(
      "password",
      "does not open the keystore, or the keystore was changed after it was written.",
      "Give the password that it was written with, or write it again.",
    );
}

/** The SafeContents of one ContentInfo, decrypted if need be. */
async function safeContents(contentInfo: Buffer, password: string): Promise<Buffer> {
  const [type, content] = readSequence(contentInfo);
  const inner = readOnly(expectTag(content, 0xa0).content);
  const kind = readOid(type);
  if (kind === oid.data) return expectTag(inner, 0x04).content;
  if (kind !== oid.encryptedData) unsupported("protection", kind);
  const [, encrypted] = readSequence(inner.bytes);
  const [, algorithm, ciphertext] = readSequence(expectTag(encrypted, 0x30).bytes);
  return decrypt(
    { algorithm: expectTag(algorithm, 0x30).bytes, ciphertext: expectTag(ciphertext, 0x80).content },
    password,
  );
}

async function readBags(contents: Buffer, password: string): Promise<Bag[]> {
  return Promise.all(
    readSequence(contents).map(async (bag) => {
      const [type, value, attributes] = readSequence(bag.bytes);
      const content = await readBag(readOid(type), expectTag(value, 0xa0).content, password);
      return { content, ...readAttributes(attributes?.content) };
    }),
  );
}

async function readBag(type: string, value: Buffer, password: string): Promise<Bag["content"]> {
  if (type === oid.keyBag) return privateKey(value);
  if (type === oid.shroudedKeyBag) {
    const [algorithm, ciphertext] = readSequence(value);
    const encrypted = {
      algorithm: expectTag(algorithm, 0x30).bytes,
      ciphertext: expectTag(ciphertext, 0x04).content,
    };
    return privateKey(await decrypt(encrypted, password));
  }
  if (type !== oid.certBag) return undefined;
  const [certificateType, certificate] = readSequence(value);
  if (readOid(certificateType) !== oid.x509Certificate) return undefined;
  return new X509Certificate(readOnly(expectTag(certificate, 0xa0).content, 0x04).content);
}

function privateKey(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch {
    // The cause is left out on purpose: nothing derived from key material goes into an error.
    throw new MalformedDer("its private key is malformed");
  }
}

function readAttributes(attributes: Buffer | undefined): Pick<Bag, "alias" | "localKeyId"> {
  const found = { alias: undefined as string | undefined, localKeyId: undefined as Buffer | undefined };
  for (const attribute of attributes === undefined ? [] : readAll(attributes)) {
    const [type, values] = readSequence(attribute.bytes);
    const [value] = readAll(expectTag(values, 0x31).content);
    const name = readOid(type);
    if (name === oid.localKeyId) found.localKeyId = expectTag(value, 0x04).content;
    if (name === oid.friendlyName) {
      const text = expectTag(value, 0x1e).content;
      if (text.length % 2 !== 0) throw new MalformedDer("an entry's name is malformed");
      found.alias = Buffer.from(text).swap16().toString("utf16le");
    }
  }
  return found;
}

function describe(bags: readonly Bag[]): KeystoreContents {
  const keys = bags.filter((bag) => bag.content !== undefined && !(bag.content instanceof X509Certificate));
  if (keys.length > 1) throw malformed(`it holds ${keys.length} private keys, not one`);
  const key = keys[0];
  const certificates = bags.flatMap(({ content, localKeyId }) =>
    content instanceof X509Certificate ? [{ content, localKeyId }] : [],
  );
  const paired = certificates.find(
    ({ localKeyId }) => localKeyId !== undefined && key?.localKeyId?.equals(localKeyId) === true,
  );
  const leaf = paired ?? certificates[0];
  const inOrder = leaf === undefined ? [] : [leaf, ...certificates.filter((certificate) => certificate !== leaf)];
  return {
    alias: key?.alias,
    fingerprintsSha256: inOrder.map(({ content }) => createHash("sha256").update(content.raw).digest("hex")),
    keyMatches: key !== undefined && leaf !== undefined && publicKeyMatches(leaf.content, key.content as KeyObject),
  };
}
