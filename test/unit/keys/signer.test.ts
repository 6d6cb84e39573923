import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { algorithmFacts, keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { localSigner } from "../../../sdk/keys/signer";
import { threadedSigner } from "../../../sdk/keys/threadedSigner";

describe.each([
  ["in this thread", localSigner],
  ["in other threads", threadedSigner],
])("a signer %s", (_where, signerOf) => {
  test.each(keyAlgorithms)("%s: a signature verifies, over its text alone", async (algorithm) => {
    const key = await generatePrivateKey(algorithm);
    const signer = signerOf(key);
    const signature = await signer.sign(Buffer.from("text"));
    const { signatureHash } = algorithmFacts[algorithm];
    expect(signer.algorithm).toBe(algorithm);
    expect(signer.publicKey.equals(createPublicKey(key))).toBe(true);
    expect(verify(signatureHash, Buffer.from("text"), signer.publicKey, signature)).toBe(true);
    expect(verify(signatureHash, Buffer.from("texts"), signer.publicKey, signature)).toBe(false);
  });
});

test("many signatures at once each belong to their own text", async () => {
  const signer = threadedSigner(await generatePrivateKey("ECDSA-P384"));
  const texts = Array.from({ length: 100 }, (_, i) => Buffer.from(`text ${i}`));
  const signatures = await Promise.all(texts.map(async (text) => signer.sign(text)));
  for (const [at, text] of texts.entries())
    expect(verify("sha384", text, signer.publicKey, signatures[at] as Uint8Array)).toBe(true);
});

test.each([
  ["a public key", () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey],
  ["a curve that is not supported", () => generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey],
  ["a weak key", () => generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
])("%s cannot sign", (_, make) =>
  expect(() => localSigner(make())).toThrow(/Cannot sign with a .* Use a private key of one of/),
);
