import { bmpPassword, pkcs12Kdf } from "../../../sdk/keystores/pfx/keyDerivation";

// Published vectors of RFC 7292 appendix B, as the test suites of Bouncy Castle and Go's x/crypto/pkcs12 have them.
test.each([
  ["smeg", "0a58cf64530d823f", 1, 1, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"],
  ["smeg", "0a58cf64530d823f", 2, 1, "79993dfe048d3b76"],
  ["queeg", "05dec959acff72f7", 1, 1000, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"],
  ["queeg", "05dec959acff72f7", 2, 1000, "11dedad7758d4860"],
  ["sesame", "ffffffffffffffff", 1, 2048, "7cd9fd3e2b3be7691a44e3bef0f9ea0fb9b897d4e325d9d1"],
] as const)(
  "the key derivation of PKCS#12 gives the published bytes for %s, purpose %s %s",
  (password, salt, purpose, iterations, expected) => {
    const length = expected.length / 2;
    const derived = pkcs12Kdf({
      digest: "sha1",
      purpose,
      password,
      salt: Buffer.from(salt, "hex"),
      iterations,
      length,
    });
    expect(derived.toString("hex")).toBe(expected);
  },
);

test("a password is UTF-16 in big-endian order with two zero bytes", () => {
  expect(bmpPassword("Beavis").toString("hex")).toBe("0042006500610076006900730000");
  expect(bmpPassword("ä😀").toString("hex")).toBe("00e4d83dde000000");
});
