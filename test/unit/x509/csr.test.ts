import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { CertificatesError } from "../../../sdk/errors";
import { keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { spkiSha256 } from "../../../sdk/keys/pem";
import { localSigner } from "../../../sdk/keys/signer";
import { createCsr, parseCsr } from "../../../sdk/x509/csr";
import { decodePem, encodePem } from "../../../sdk/x509/pem";
import { opensslRequest } from "../../support/opensslRequest";

const subject = { commonName: "web.example.com", organization: "Example" };
const names = {
  dnsNames: ["web.example.com", "*.example.com"],
  ipAddresses: ["192.0.2.1"],
  uris: ["spiffe://example.org/web"],
};

const openssl = (args: string[], input: string): string =>
  execFileSync("openssl", args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });

test.each(keyAlgorithms)(
  "%s: a request verifies in openssl and in an independent library, and is read back",
  async (algorithm) => {
    const key = await generatePrivateKey(algorithm);
    const pem = await createCsr({ subject, names, key });
    expect(openssl(["req", "-noout", "-verify", "-text"], pem)).toContain("DNS:web.example.com, DNS:*.example.com");
    expect(await new Pkcs10CertificateRequest(pem).verify()).toBe(true);
    const facts = parseCsr(pem, "csrPem");
    expect(facts).toMatchObject({
      keyAlgorithm: algorithm,
      subject,
      subjectText: "CN=web.example.com,O=Example",
      otherSubjectAttributes: [],
      names,
      spkiSha256: spkiSha256(createPublicKey(key)),
      asksForCA: false,
      keyUsages: algorithm.startsWith("RSA") ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"],
    });
    expect(facts.publicKey.equals(createPublicKey(key))).toBe(true);
  },
);

test("a signer's request for a CA is read back", async () => {
  const signer = localSigner(await generatePrivateKey("ECDSA-P384"));
  const pem = await createCsr({
    subject,
    names: {},
    key: signer,
    ca: { pathLength: 0 },
    extendedKeyUsages: ["serverAuth"],
  });
  expect(openssl(["req", "-noout", "-text"], pem)).toContain("CA:TRUE, pathlen:0");
  expect(parseCsr(pem, "csrPem")).toMatchObject({
    asksForCA: true,
    names: {},
    keyUsages: ["keyCertSign", "cRLSign"],
    extendedKeyUsages: ["serverAuth"],
  });
});

const request = (kind: keyof typeof generate, args: string[]): string =>
  opensslRequest(generate[kind](), ["-subj", "/CN=web.example.com", ...args]);
const generate = {
  "P-256": () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "P-521": () => generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
  secp256k1: () => generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey,
  "RSA-1024": () => generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey,
  "RSA-2048": () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  "RSA with exponent 3": () => generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }).privateKey,
  Ed448: () => generateKeyPairSync("ed448").privateKey,
  DSA: () => generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 }).privateKey,
};

test.each<[string, keyof typeof generate, string[]]>([
  ["over SHA-512", "P-256", ["-sha512"]],
  ["on P-521", "P-521", []],
  ["with RSA over SHA-384", "RSA-2048", ["-sha384"]],
  ["without extensions", "P-256", []],
  ["in the old block", "P-256", ["-newhdr"]],
])("a request that openssl made is read: %s", (_, kind, args) => {
  expect(parseCsr(request(kind, args), "csrPem")).toMatchObject({
    subject: { commonName: "web.example.com" },
    names: {},
  });
});

test("names become canonical, and parts of the subject without a place are told", () => {
  const args = [
    "-subj",
    "/CN=web/emailAddress=ops@example.com",
    "-addext",
    "subjectAltName=DNS:WEB.Example.com,IP:2001:DB8::1",
  ];
  expect(parseCsr(request("P-256", args), "csrPem")).toMatchObject({
    otherSubjectAttributes: ["emailAddress=ops@example.com"],
    names: { dnsNames: ["web.example.com"], ipAddresses: ["2001:db8::1"] },
  });
});

test.each<[string, keyof typeof generate, string[], string]>([
  ["a weak RSA key", "RSA-1024", [], "has the key RSA-1024, which is too weak"],
  ["a weak exponent", "RSA with exponent 3", [], "with the weak exponent 3"],
  ["another curve", "secp256k1", [], "has the key ECDSA-secp256k1, a curve that is not supported"],
  ["another kind of key", "Ed448", [], "has the key ed448, a type that is not supported"],
  ["a DSA key", "DSA", [], "has the key dsa, a type that is not supported"],
  ["a signature over SHA-1", "P-256", ["-sha1"], "is signed with the algorithm 1.2.840.10045.4.1"],
  [
    "an RSA-PSS signature",
    "RSA-2048",
    ["-sigopt", "rsa_padding_mode:pss"],
    "is signed with the algorithm 1.2.840.113549.1.1.10",
  ],
  ["a name that is no DNS name", "P-256", ["-addext", "subjectAltName=DNS:a_b.example"], "has an underscore"],
  [
    "names of other kinds",
    "P-256",
    ["-addext", "subjectAltName=RID:1.2.3,DNS:a.example"],
    "asks for 1 names that are no DNS name",
  ],
])("%s is refused", (_, kind, args, problem) => {
  expect(() => parseCsr(request(kind, args), "csrPem")).toThrow(
    expect.objectContaining({ message: expect.stringContaining(problem), property: expect.stringMatching(/^csrPem/) }),
  );
});

test("a request with another key's signature is refused", async () => {
  const [mine, other] = await Promise.all([generatePrivateKey("ECDSA-P256"), generatePrivateKey("ECDSA-P256")]);
  const signer = { ...localSigner(mine), sign: localSigner(other).sign };
  const pem = await createCsr({ subject, names, key: signer });
  expect(() => parseCsr(pem, "csrPem")).toThrow("csrPem: its signature is wrong");
});

test.each([
  ["a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds CERTIFICATE only"],
  [
    "an empty block",
    "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n",
    "is no readable request",
  ],
])("%s is refused", (_, pem, problem) => expect(() => parseCsr(pem, "csrPem")).toThrow(problem));

test("no request with a changed bit is accepted, and each is refused with an error of this package", async () => {
  const pem = await createCsr({ subject, names, key: await generatePrivateKey("ECDSA-P256") });
  const der = decodePem(pem, ["CERTIFICATE REQUEST"], "x");
  fc.assert(
    fc.property(fc.nat(der.length * 8 - 1), (bit) => {
      const damaged = Buffer.from(der);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      let error: unknown;
      try {
        parseCsr(encodePem("CERTIFICATE REQUEST", damaged), "csrPem");
      } catch (thrown) {
        error = thrown;
      }
      expect(CertificatesError.is(error)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
