import { createHash, hash } from "node:crypto";

/** The digests of PKCS#12's own key derivation, with the sizes in bytes that its definition calls u and v. */
export const kdfDigests = {
  sha1: { size: 20, block: 64 },
  sha256: { size: 32, block: 64 },
  sha384: { size: 48, block: 128 },
  sha512: { size: 64, block: 128 },
} as const;

export type KdfDigest = keyof typeof kdfDigests;

/** What the derived bytes are for (RFC 7292 B.3). */
export const kdfPurpose = { key: 1, iv: 2, mac: 3 } as const;

// The one-shot function takes half the time; Node.js has it since 20.12.
const digestOf =
  typeof hash === "function"
    ? (digest: KdfDigest, data: Buffer): Buffer => hash(digest, data, "buffer")
    : (digest: KdfDigest, data: Buffer): Buffer => createHash(digest).update(data).digest();

export interface Pkcs12KdfInput {
  readonly digest: KdfDigest;
  readonly purpose: (typeof kdfPurpose)[keyof typeof kdfPurpose];
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** How many bytes to derive. */
  readonly length: number;
}

/** The key derivation of PKCS#12 (RFC 7292 appendix B.2). Node.js has none. */
export function pkcs12Kdf({ digest, purpose, password, salt, iterations, length }: Pkcs12KdfInput): Buffer {
  const { size, block } = kdfDigests[digest];
  const diversifier = Buffer.alloc(block, purpose);
  const input = Buffer.concat([repeated(salt, block), repeated(bmpPassword(password), block)]);
  const out: Buffer[] = [];
  for (let derived = 0; derived < length; derived += size) {
    let a = digestOf(digest, Buffer.concat([diversifier, input]));
    for (let i = 1; i < iterations; i++) a = digestOf(digest, a);
    out.push(a);
    if (derived + size >= length) break;
    const addend = repeatedTo(a, block);
    for (let at = 0; at < input.length; at += block) addPlusOne(input.subarray(at, at + block), addend);
  }
  return Buffer.concat(out).subarray(0, length);
}

/** UTF-16 in big-endian order with two zero bytes at the end (RFC 7292 B.1). */
export function bmpPassword(password: string): Buffer {
  return Buffer.concat([Buffer.from(password, "utf16le").swap16(), Buffer.alloc(2)]);
}

/** Copies of some bytes up to the next multiple of the block size; nothing stays nothing. */
function repeated(bytes: Uint8Array, block: number): Buffer {
  return repeatedTo(bytes, block * Math.ceil(bytes.length / block));
}

function repeatedTo(bytes: Uint8Array, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}

/** target = target + addend + 1, as big-endian numbers of the same size, without the overflow. */
function addPlusOne(target: Buffer, addend: Buffer): void {
  let carry = 1;
  for (let i = target.length - 1; i >= 0; i--) {
    carry += (target[i] as number) + (addend[i] as number);
    target[i] = carry & 0xff;
    carry >>= 8;
  }
}
