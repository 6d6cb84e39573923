import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { algorithmFacts, type KeyAlgorithm } from "./algorithms";
import { localSigner, type Signer } from "./signer";

/** Signing with one of them takes so long that the way to another thread is worth it: a millisecond and more. */
const slow: ReadonlySet<KeyAlgorithm> = new Set(["ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"]);

const signInThread = promisify<string | null, Uint8Array, KeyObject, Buffer>(sign);

/**
 * A signer for many signatures: with a slow key they are made on other threads, next to each other and next to the
 * rest of the work. Each thread has a copy of the key to itself, because a key object is locked while it signs.
 */
export function threadedSigner(key: KeyObject): Signer {
  const signer = localSigner(key);
  if (!slow.has(signer.algorithm)) return signer;
  const { signatureHash } = algorithmFacts[signer.algorithm];
  const der = key.export({ type: "pkcs8", format: "der" });
  const copies = Array.from({ length: availableParallelism() }, () =>
    createPrivateKey({ key: der, type: "pkcs8", format: "der" }),
  );
  let next = 0;
  return { ...signer, sign: (tbs) => signInThread(signatureHash, tbs, copies[next++ % copies.length] as KeyObject) };
}
