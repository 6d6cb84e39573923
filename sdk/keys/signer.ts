import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { CertificatesError } from "../errors";
import { algorithmFacts, algorithmOf, describeKey, keyAlgorithms, type KeyAlgorithm } from "./algorithms";

/** Signs what it is given with a private key that its caller need not hold: in memory, in a KMS, in a token. */
export interface Signer {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: KeyObject;
  /** The signature as X.509 wants it: DER for ECDSA, PKCS#1 v1.5 for RSA, 64 bytes for Ed25519. */
  sign(tbs: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A signer for a private key held in this process. */
export function localSigner(key: KeyObject): Signer {
  const algorithm = algorithmOf(key);
  if (key.type !== "private" || algorithm === undefined)
    throw new CertificatesError("InvalidArgument", `Cannot sign with a ${key.type} key ${describeKey(key)}.`, {
      hint: `Use a private key of one of ${keyAlgorithms.join(", ")}.`,
    });
  const { signatureHash } = algorithmFacts[algorithm];
  return {
    algorithm,
    publicKey: createPublicKey(key),
    sign: (tbs) => sign(signatureHash, tbs, key),
  };
}
