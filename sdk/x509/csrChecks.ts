import { type KeyObject, verify } from "node:crypto";
import { CertificatesError, invalidArgument } from "../errors";
import { describeKey } from "../keys/algorithms";

export interface SignedRequest {
  /** What the signature was made over. */
  readonly info: Buffer;
  readonly publicKey: KeyObject;
  readonly signatureOid: string;
  readonly signature: Buffer;
}

/** The digest of each signature algorithm that a request may bear; null where the algorithm has its own. */
const signatureHashes: ReadonlyMap<string, string | null> = new Map([
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.3.101.112", null],
]);

/** Refuses a request whose signature its own key did not make. */
export function checkRequestSignature(
  { info, publicKey, signatureOid, signature }: SignedRequest,
  property: string,
): void {
  const hash = signatureHashes.get(signatureOid);
  if (hash === undefined)
    throw invalidArgument(
      property,
      `is signed with the algorithm ${signatureOid}.`,
      "Sign it with ECDSA, RSA (PKCS#1 v1.5) or Ed25519, over SHA-256, SHA-384 or SHA-512.",
    );
  let valid: boolean;
  try {
    valid = verify(hash, info, publicKey, signature);
  } catch (cause) {
    throw new CertificatesError("MalformedInput", `${property}: its signature does not fit its key.`, {
      property,
      hint: "Make the request anew.",
      cause,
    });
  }
  if (!valid)
    throw new CertificatesError(
      "MalformedInput",
      `${property}: its signature is wrong, so it was changed or damaged.`,
      {
        property,
        hint: "Make the request anew, with the private key of its public key.",
      },
    );
}

const curves = new Set(["ECDSA-P256", "ECDSA-P384", "ECDSA-P521"]);

/** Refuses a key that nobody should certify. */
export function checkRequestKey(key: KeyObject, property: string): void {
  const name = describeKey(key);
  const refuse = (problem: string): never => {
    throw invalidArgument(
      property,
      `has the key ${name}${problem}.`,
      "Use an ECDSA key on P-256, P-384 or P-521, an RSA key of 2048 to 8192 bits, or Ed25519.",
    );
  };
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return;
    case "ec":
      if (!curves.has(name)) refuse(", a curve that is not supported");
      return;
    case "rsa": {
      const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
      if (modulusLength < 2048) refuse(", which is too weak");
      if (modulusLength > 8192) refuse(", which is too large");
      if (publicExponent < 65537n || publicExponent % 2n === 0n) refuse(` with the weak exponent ${publicExponent}`);
      return;
    }
    default:
      refuse(", a type that is not supported");
  }
}
