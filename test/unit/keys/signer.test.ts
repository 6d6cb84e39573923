import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { algorithmFacts, keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { localSigner } from "../../../sdk/keys/signer";

test.each(keyAlgorithms)("%s: a signature verifies, over its text alone", async (algorithm) => {
  const key = await generatePrivateKey(algorithm);
  const signer = localSigner(key);
  const signature = await signer.sign(Buffer.from("text"));
  const { signatureHash } = algorithmFacts[algorithm];
  expect(signer.algorithm).toBe(algorithm);
  expect(signer.publicKey.equals(createPublicKey(key))).toBe(true);
  expect(verify(signatureHash, Buffer.from("text"), signer.publicKey, signature)).toBe(true);
  expect(verify(signatureHash, Buffer.from("texts"), signer.publicKey, signature)).toBe(false);
});

test.each([
  ["a public key", () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey],
  ["a curve that is not supported", () => generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey],
  ["a weak key", () => generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
])("%s cannot sign", (_, make) =>
  expect(() => localSigner(make())).toThrow(/Cannot sign with a .* Use a private key of one of/),
);
