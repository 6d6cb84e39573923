import { type KeyObject, verify } from "node:crypto";
import { MalformedDer, readOid, readSequence } from "./derReader";

/** Signature algorithms of what CAs sign besides certificates. SHA-1 is not among them. */
const algorithms: ReadonlyMap<string, { hash: string | null; key: string }> = new Map([
  ["1.2.840.113549.1.1.11", { hash: "sha256", key: "rsa" }],
  ["1.2.840.113549.1.1.12", { hash: "sha384", key: "rsa" }],
  ["1.2.840.113549.1.1.13", { hash: "sha512", key: "rsa" }],
  ["1.2.840.10045.4.3.2", { hash: "sha256", key: "ec" }],
  ["1.2.840.10045.4.3.3", { hash: "sha384", key: "ec" }],
  ["1.2.840.10045.4.3.4", { hash: "sha512", key: "ec" }],
  ["1.3.101.112", { hash: null, key: "ed25519" }],
]);

/** A signature as it is encoded: an AlgorithmIdentifier, and the contents of a BIT STRING. */
export interface EncodedSignature {
  readonly algorithm: Buffer;
  readonly bits: Buffer;
}

/** Whether a key made a signature; throws `MalformedDer` for an algorithm that is not known. */
export function isSignedBy(signed: Buffer, { algorithm, bits }: EncodedSignature, key: KeyObject): boolean {
  const oid = readOid(readSequence(algorithm)[0]);
  const known = algorithms.get(oid);
  if (known === undefined) throw new MalformedDer(`the signature algorithm ${oid} is not known or too weak`);
  if (bits[0] !== 0) throw new MalformedDer("a signature is no whole number of bytes");
  return key.asymmetricKeyType === known.key && verify(known.hash, signed, key, bits.subarray(1));
}
