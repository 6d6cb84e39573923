import { generateKeyPair, generateKeyPairSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { algorithmFacts, type KeyAlgorithm } from "./algorithms";

const generateInThreadPool = promisify(generateKeyPair);

/**
 * A new private key. Elliptic-curve keys are made on the spot (20 to 300 µs, quicker than a hop to the thread pool);
 * RSA keys take up to seconds and are made in the thread pool, so that the event loop stays free.
 */
export async function generatePrivateKey(algorithm: KeyAlgorithm): Promise<KeyObject> {
  const { generation } = algorithmFacts[algorithm];
  switch (generation.type) {
    case "ec":
      return generateKeyPairSync("ec", { namedCurve: generation.namedCurve }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "rsa": {
      const pair = await generateInThreadPool("rsa", {
        modulusLength: generation.modulusLength,
        publicExponent: 0x10001,
      });
      return pair.privateKey;
    }
  }
}
