import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { CertificatesError } from "../../errors";
import { element, integer, objectIdentifier, octetString, sequence } from "../../x509/der";
import {
  type DerElement,
  expectTag,
  MalformedDer,
  readAll,
  readInteger,
  readOid,
  readSequence,
} from "../../x509/derReader";
import { aesOids, hmacOids, oid } from "./identifiers";
import { kdfPurpose, pkcs12Kdf, type KdfDigest } from "./keyDerivation";

const pbkdf2InThreadPool = promisify(pbkdf2);

/** Above this a file keeps the process busy for seconds: it was made to do so, or by mistake. */
const maxIterations = 1_000_000;

/** Encrypted bytes, and the DER AlgorithmIdentifier that says how. */
export interface Encrypted {
  readonly algorithm: Buffer;
  readonly ciphertext: Buffer;
}

/** PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 (RFC 8018 6.2), as OpenSSL 3, Java 17 and Windows Server 2019 write it. */
export async function encryptPbes2(plaintext: Uint8Array, password: string, iterations: number): Promise<Encrypted> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = await pbkdf2InThreadPool(password, salt, iterations, 32, "sha256");
  const prf = sequence(objectIdentifier(hmacOids.sha256), element(0x05));
  const parameters = sequence(octetString(salt), integer(iterations), prf);
  const algorithm = sequence(
    objectIdentifier(oid.pbes2),
    sequence(
      sequence(objectIdentifier(oid.pbkdf2), parameters),
      sequence(objectIdentifier(aesOids["aes-256-cbc"].oid), octetString(iv)),
    ),
  );
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  return { algorithm, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]) };
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C), which every reader since the 1990s knows. */
export function encryptTripleDes(plaintext: Uint8Array, password: string, iterations: number): Encrypted {
  const salt = randomBytes(8);
  const { key, iv } = tripleDesKey(password, salt, iterations);
  const cipher = createCipheriv("des-ede3-cbc", key, iv);
  return {
    algorithm: sequence(objectIdentifier(oid.pbeSha1TripleDes), sequence(octetString(salt), integer(iterations))),
    ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]),
  };
}

/** Undoes either of the above, and PBES2 with any AES key length and any HMAC of PBKDF2. */
export async function decrypt({ algorithm, ciphertext }: Encrypted, password: string): Promise<Buffer> {
  const [identifier, parameters] = readSequence(algorithm);
  const scheme = readOid(identifier);
  const { cipher, key, iv } =
    scheme === oid.pbes2
      ? await pbes2Key(expectTag(parameters, 0x30).bytes, password)
      : scheme === oid.pbeSha1TripleDes
        ? { cipher: "des-ede3-cbc", ...readTripleDesKey(expectTag(parameters, 0x30).bytes, password) }
        : unsupported("encryption", scheme);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch (error) {
    throw new MalformedDer("an encrypted part does not decrypt with the password that opens the whole", {
      cause: error,
    });
  }
}

/** A positive number of iterations that does not keep the process busy for long. */
export function readIterations(element: DerElement | undefined): number {
  const iterations = readInteger(expectTag(element, 0x02));
  if (iterations < 1 || iterations > maxIterations)
    throw new MalformedDer(
      `it asks for ${iterations} iterations of its key derivation (1 to ${maxIterations} are read)`,
    );
  return iterations;
}

export function unsupported(what: string, identifier: string): never {
  throw new CertificatesError("MalformedInput", `keystore: its ${what} (${identifier}) is not one that is read.`, {
    hint: "Read are AES under PBES2 and triple DES, with a SHA-1 or SHA-2 MAC.",
  });
}

function tripleDesKey(password: string, salt: Uint8Array, iterations: number): { key: Buffer; iv: Buffer } {
  const input = { digest: "sha1", password, salt, iterations } as const;
  return {
    key: pkcs12Kdf({ ...input, purpose: kdfPurpose.key, length: 24 }),
    iv: pkcs12Kdf({ ...input, purpose: kdfPurpose.iv, length: 8 }),
  };
}

function readTripleDesKey(parameters: Buffer, password: string): { key: Buffer; iv: Buffer } {
  const [salt, iterations] = readSequence(parameters);
  return tripleDesKey(password, expectTag(salt, 0x04).content, readIterations(iterations));
}

async function pbes2Key(parameters: Buffer, password: string): Promise<{ cipher: string; key: Buffer; iv: Buffer }> {
  const [derivation, scheme] = readSequence(parameters);
  const [schemeOid, iv] = readSequence(expectTag(scheme, 0x30).bytes);
  const cipherOid = readOid(schemeOid);
  const cipher = Object.entries(aesOids).find(([, known]) => known.oid === cipherOid);
  if (cipher === undefined) unsupported("cipher", cipherOid);

  const [derivationOid, derivationParameters] = readSequence(expectTag(derivation, 0x30).bytes);
  if (readOid(derivationOid) !== oid.pbkdf2) unsupported("key derivation", readOid(derivationOid));
  const [salt, iterations, ...options] = readAll(expectTag(derivationParameters, 0x30).content);
  const prf = options.find((option) => option.tag === 0x30);
  const prfOid = prf === undefined ? hmacOids.sha1 : readOid(readSequence(prf.bytes)[0]);
  const digest = (Object.keys(hmacOids) as KdfDigest[]).find((name) => hmacOids[name] === prfOid);
  if (digest === undefined) unsupported("key derivation's HMAC", prfOid);

  const { keyLength } = cipher[1];
  const saltBytes = expectTag(salt, 0x04).content;
  const key = await pbkdf2InThreadPool(password, saltBytes, readIterations(iterations), keyLength, digest);
  return { cipher: cipher[0], key, iv: expectTag(iv, 0x04).content };
}
