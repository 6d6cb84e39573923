import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { algorithmFacts, algorithmOf, describeKey, isKeyAlgorithm, keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";

test("every algorithm has its facts, and no other name has any", () => {
  expect(Object.keys(algorithmFacts)).toEqual([...keyAlgorithms]);
  expect((algorithmFacts as Record<string, unknown>)["constructor"]).toBeUndefined();
  expect(Object.isFrozen(algorithmFacts)).toBe(true);
});

test.each(keyAlgorithms)("a generated %s key is recognised, private and public", async (algorithm) => {
  const key = await generatePrivateKey(algorithm);
  expect(key.type).toBe("private");
  expect(algorithmOf(key)).toBe(algorithm);
  expect(algorithmOf(createPublicKey(key))).toBe(algorithm);
});

test.each([
  ["RSA-1024", () => generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey],
  ["ECDSA-P521", () => generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey],
  ["ECDSA-secp256k1", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey],
  ["ed448", () => generateKeyPairSync("ed448").publicKey],
  ["rsa-pss", () => generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey],
])("%s is named but is none of the algorithms", (name, make) => {
  const key = make();
  expect(describeKey(key)).toBe(name);
  expect(algorithmOf(key)).toBeUndefined();
});

test.each([
  ["ECDSA-P256", true],
  ["ecdsa-p256", false],
  ["toString", false],
  ["", false],
  [undefined, false],
  [7, false],
])("isKeyAlgorithm(%p) is %p", (text, expected) => expect(isKeyAlgorithm(text)).toBe(expected));
