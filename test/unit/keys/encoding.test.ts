import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { type KeyAlgorithm, keyAlgorithms } from "../../../sdk/keys/algorithms";
import { encodePem, pkcs8Of, spkiOf } from "../../../sdk/keys/encoding";
import { generatePrivateKey } from "../../../sdk/keys/generate";

const runs: Record<KeyAlgorithm, number> = {
  // Enough for numbers with leading zeros: one in 256 has a zero byte in front.
  "ECDSA-P256": 700,
  "ECDSA-P384": 200,
  Ed25519: 5,
  "RSA-2048": 1,
  "RSA-3072": 1,
  "RSA-4096": 1,
};

test.each(keyAlgorithms)(
  "%s: public and private keys are encoded byte for byte as OpenSSL encodes them",
  async (algorithm) => {
    for (let run = 0; run < runs[algorithm]; run++) {
      const key = await generatePrivateKey(algorithm);
      const spki = createPublicKey(key).export({ type: "spki", format: "der" });
      expect(spkiOf(key).equals(spki)).toBe(true);
      expect(spkiOf(createPublicKey(key)).equals(spki)).toBe(true);
      expect(pkcs8Of(key).equals(key.export({ type: "pkcs8", format: "der" }))).toBe(true);
    }
  },
);

test("the private key 1, almost all zeros, is encoded in full length", () => {
  const generator = createECDH("prime256v1");
  generator.setPrivateKey(Buffer.of(1));
  const point = generator.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((bytes) => bytes.toString("base64url"));
  const d = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]).toString("base64url");
  const key = createPrivateKey({ key: { kty: "EC", crv: "P-256", d, x, y } as JsonWebKey, format: "jwk" });
  expect(pkcs8Of(key).equals(key.export({ type: "pkcs8", format: "der" }))).toBe(true);
});

test("keys of other kinds are left to OpenSSL", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-521" });
  expect(spkiOf(publicKey).equals(publicKey.export({ type: "spki", format: "der" }))).toBe(true);
  expect(pkcs8Of(privateKey).equals(privateKey.export({ type: "pkcs8", format: "der" }))).toBe(true);
});

test("PEM has 64 characters a line and one line break at its end", () => {
  expect(encodePem("X", Buffer.alloc(48))).toBe(`-----BEGIN X-----\n${"A".repeat(64)}\n-----END X-----\n`);
  expect(encodePem("X", Buffer.alloc(51))).toBe(`-----BEGIN X-----\n${"A".repeat(64)}\nAAAA\n-----END X-----\n`);
});
