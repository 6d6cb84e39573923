import { createPublicKey, verify } from "node:crypto";
import { loadCore } from "../../../sdk/acme/protocolCore";
import { newKeyPem } from "../../support/acmeOrders";

const url = "https://ca.example/order";

describe("what an account signs", () => {
  it.each([
    ["ECDSA-P256", "ES256", "sha256"],
    ["ECDSA-P384", "ES384", "sha384"],
    ["RSA-2048", "RS256", "sha256"],
  ] as const)("with %s has a signature of %s by its key, which is read once", async (algorithm, alg, digest) => {
    const pem = await newKeyPem(algorithm);
    const { http } = await loadCore("https://ca.example/dir", pem);
    expect(http.accountKey.type).toBe("private");
    const body = http.createSignedBody(url, { a: 1 }) as Record<"protected" | "payload" | "signature", string>;
    const header = JSON.parse(Buffer.from(body.protected, "base64url").toString()) as object;
    expect(header).toEqual({ alg, url, jwk: createPublicKey(pem).export({ format: "jwk" }) });
    const signed = Buffer.from(`${body.protected}.${body.payload}`);
    const key = { key: createPublicKey(pem), dsaEncoding: "ieee-p1363" } as const;
    expect(verify(digest, signed, key, Buffer.from(body.signature, "base64url"))).toBe(true);
  });
});
