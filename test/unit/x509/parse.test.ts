import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { CertificatesError } from "../../../sdk/errors";
import { keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { spkiSha256 } from "../../../sdk/keys/pem";
import { localSigner } from "../../../sdk/keys/signer";
import { issueCertificate, issuerIdentity } from "../../../sdk/x509/certificate";
import { parseCertificate, parseCertificates, splitPem } from "../../../sdk/x509/parse";
import { opensslRequest } from "../../support/opensslRequest";
import type { CertificateTemplate } from "../../../sdk/x509/template";

const notBefore = new Date("2026-01-01T00:00:00Z");
const notAfter = new Date("2051-01-01T00:00:00Z");
const self = { subject: { commonName: "web" }, names: { dnsNames: ["web.example.com"] }, notBefore, notAfter };

async function issued(changes: Partial<CertificateTemplate> = {}): Promise<string> {
  const key = await generatePrivateKey("ECDSA-P256");
  return (await issueCertificate({ ...self, publicKey: createPublicKey(key), ...changes }, "self", localSigner(key)))
    .pem;
}

test("everything that was put into a leaf is read", async () => {
  const [caKey, key] = [await generatePrivateKey("ECDSA-P384"), await generatePrivateKey("RSA-2048")];
  const nameConstraints = { excluded: { dnsDomains: ["internal.example"], ipRanges: ["10.0.0.0/8"] } };
  const caTemplate = {
    ...self,
    subject: { commonName: "CA", country: "DE" },
    names: {},
    publicKey: createPublicKey(caKey),
  };
  const ca = await issueCertificate(
    { ...caTemplate, ca: { pathLength: 0, nameConstraints } },
    "self",
    localSigner(caKey),
  );
  const names = {
    dnsNames: ["web.example.com"],
    ipAddresses: ["192.0.2.1", "2001:db8::1"],
    uris: ["spiffe://example.org/web"],
    emailAddresses: ["ops@example.com"],
  };
  const template = { ...self, names, publicKey: createPublicKey(key), extendedKeyUsages: ["serverAuth", "1.2.3.4"] };
  const leaf = await issueCertificate(template, issuerIdentity(ca.pem), localSigner(caKey));
  const facts = parseCertificate(leaf.pem, "certificatePem");
  expect(facts).toMatchObject({
    pem: leaf.pem,
    subject: "CN=web",
    issuer: "CN=CA,C=DE",
    subjectName: { commonName: "web" },
    serialNumber: leaf.serialNumber,
    notBefore,
    notAfter,
    fingerprintSha256: leaf.fingerprintSha256,
    spkiSha256: spkiSha256(createPublicKey(key)),
    isCA: false,
    keyAlgorithm: "RSA-2048",
    names,
    keyUsages: ["digitalSignature", "keyEncipherment"],
    extendedKeyUsages: ["serverAuth", "1.2.3.4"],
  });
  expect("pathLength" in facts || "nameConstraints" in facts).toBe(false);
  const caFacts = parseCertificate(ca.pem, "ca");
  expect(caFacts).toMatchObject({
    isCA: true,
    pathLength: 0,
    nameConstraints,
    keyUsages: ["keyCertSign", "cRLSign"],
    names: {},
  });
  expect(facts.authorityKeyIdentifier).toBe(caFacts.subjectKeyIdentifier);
  expect("extendedKeyUsages" in caFacts).toBe(false);
});

test.each(keyAlgorithms)("%s: the key's algorithm is named", async (algorithm) => {
  const key = await generatePrivateKey(algorithm);
  const { pem } = await issueCertificate({ ...self, publicKey: createPublicKey(key) }, "self", localSigner(key));
  expect(parseCertificate(pem, "x").keyAlgorithm).toBe(algorithm);
});

const openssl = (args: string[], input: string): string =>
  execFileSync("openssl", args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });

test("a certificate that openssl made is read", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-521" });
  const subject = ["-utf8", "-subj", "/DC=example/CN=öffentlich/emailAddress=a@b"];
  const names = ["-addext", "subjectAltName=DNS:a.example,otherName:1.2.3;UTF8:x,RID:1.2.3"];
  const usages = ["-addext", "keyUsage=critical,digitalSignature"];
  const pem = opensslRequest(privateKey, ["-x509", "-days", "10", ...subject, ...names, ...usages]);
  const facts = parseCertificate(pem, "x");
  expect(facts).toMatchObject({
    subject: "emailAddress=a@b,CN=öffentlich,DC=example",
    keyAlgorithm: "ECDSA-P521",
    names: { dnsNames: ["a.example"] },
    keyUsages: ["digitalSignature"],
    isCA: true,
  });
  expect(facts.serialNumber).toBe(new X509Certificate(pem).serialNumber.toLowerCase());
  const fingerprint = openssl(["x509", "-noout", "-fingerprint", "-sha256"], pem).trim().split("=")[1] ?? "";
  expect(facts.fingerprintSha256).toBe(fingerprint.replaceAll(":", "").toLowerCase());
});

test("a bundle is split and read in its order", async () => {
  const [first, second] = [await issued(), await issued()];
  const bundle = `first\n${first}${second.replaceAll("\n", "\r\n")}`;
  expect(splitPem(bundle)).toEqual([first, second]);
  expect(parseCertificates(bundle, "chain").map(({ pem }) => pem)).toEqual([first, second]);
  expect(parseCertificates("", "chain")).toEqual([]);
});

test.each<[string, (pem: string) => string, string]>([
  ["nothing", () => "", "certificatePem: holds 0 certificates"],
  ["two certificates", (pem) => pem + pem, "certificatePem: holds 2 certificates"],
  [
    "another thing in a block",
    () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "certificatePem: is no readable certificate",
  ],
  [
    "an empty block",
    () => "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    "certificatePem: is no readable certificate",
  ],
  [
    "a certificate with data behind it",
    (pem) => {
      const der = Buffer.concat([new X509Certificate(pem).raw, Buffer.of(0)]);
      return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
    },
    "there is data after the end",
  ],
])("%s is refused", async (_, change, message) => {
  const pem = change(await issued());
  expect(() => parseCertificate(pem, "certificatePem")).toThrow(
    expect.objectContaining({ property: "certificatePem", message: expect.stringContaining(message) }),
  );
});

test("the place in a bundle is named", async () => {
  const bundle = `${await issued()}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
  expect(() => parseCertificates(bundle, "chainPem")).toThrow("chainPem[1]: is no readable certificate");
});

test("damaged certificates are read or refused with an error of this package, never anything else", async () => {
  const der = new X509Certificate(
    await issued({ ca: { pathLength: 1, nameConstraints: { permitted: { dnsDomains: ["a.example"] } } } }),
  ).raw;
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(der);
      damaged[at] = (damaged[at] as number) ^ change;
      try {
        parseCertificate(
          `-----BEGIN CERTIFICATE-----\n${damaged.toString("base64")}\n-----END CERTIFICATE-----\n`,
          "x",
        );
      } catch (error) {
        expect(CertificatesError.is(error)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
