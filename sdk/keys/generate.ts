import {
  createECDH,
  createPrivateKey,
  type ED25519KeyPairOptions,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { algorithmFacts, type KeyAlgorithm } from "./algorithms";

/**
 * A new private key. Elliptic-curve keys are made on the spot, which is quicker than a hop to the thread pool; RSA keys
 * take up to seconds and are made in the thread pool, so that the event loop stays free.
 *
 * No key object comes from `generateKeyPair` itself: on Node 20 such an object shares a lock with the generation job, and
 * a garbage collection inside `asymmetricKeyDetails` or `export({ format: "jwk" })` then ends the job, which waits for
 * that lock for ever. A key that was encoded and read again shares nothing.
 */
export async function generatePrivateKey(algorithm: KeyAlgorithm): Promise<KeyObject> {
  const { generation } = algorithmFacts[algorithm];
  switch (generation.type) {
    case "ec":
      return generateOnCurve(generation.namedCurve, generation.jwkCurve);
    case "ed25519":
      return readPrivateKey(generateKeyPairSync("ed25519", encodings).privateKey);
    case "rsa": {
      const { modulusLength } = generation;
      const pair = await generateInThreadPool("rsa", { modulusLength, publicExponent: 0x10001, ...encodings });
      return readPrivateKey(pair.privateKey);
    }
  }
}

const generateInThreadPool = promisify(generateKeyPair);
const encodings: ED25519KeyPairOptions<"der", "der"> = {
  privateKeyEncoding: { type: "pkcs8", format: "der" },
  publicKeyEncoding: { type: "spki", format: "der" },
};

const readPrivateKey = (pkcs8: Buffer): KeyObject => createPrivateKey({ key: pkcs8, type: "pkcs8", format: "der" });

/** Reading a JWK takes a quarter of the time that reading PKCS#8 takes. */
function generateOnCurve(namedCurve: string, crv: string): KeyObject {
  const pair = createECDH(namedCurve);
  const point = pair.generateKeys();
  const size = (point.length - 1) / 2;
  const number = pair.getPrivateKey();
  const d = Buffer.concat([Buffer.alloc(size - number.length), number]);
  const text = (bytes: Buffer): string => bytes.toString("base64url");
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)].map(text) as [string, string];
  return createPrivateKey({ key: { kty: "EC", crv, d: text(d), x, y }, format: "jwk" });
}
