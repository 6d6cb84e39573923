import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { CertificatesError } from "../../../sdk/errors";
import { keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { parsePrivateKey, privateKeyToPem, publicKeyMatches, spkiSha256 } from "../../../sdk/keys/pem";
import { localSigner } from "../../../sdk/keys/signer";
import { issueCertificate } from "../../../sdk/x509/certificate";

const openssl = (args: string[], input?: string): string => execFileSync("openssl", args, { input, encoding: "utf8" });

test.each(keyAlgorithms)("%s: a key is written as PKCS#8 that openssl checks, and read back", async (algorithm) => {
  const key = await generatePrivateKey(algorithm);
  const pem = privateKeyToPem(key);
  expect(pem).toBe(key.export({ type: "pkcs8", format: "pem" }));
  expect(openssl(["pkey", "-check", "-noout"], pem)).toContain("Key is valid");
  expect(parsePrivateKey(pem, "privateKeyPem").equals(key)).toBe(true);
});

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const sec1 = ec.export({ type: "sec1", format: "pem" }) as string;

test.each([
  ["SEC1", sec1, ec],
  ["PKCS#1", rsa.export({ type: "pkcs1", format: "pem" }) as string, rsa],
  ["PKCS#8", ec.export({ type: "pkcs8", format: "pem" }) as string, ec],
  ["SEC1 behind its parameters", openssl(["ecparam", "-name", "prime256v1"]) + sec1, ec],
  ["text around it, and Windows line ends", `Bag Attributes\n${sec1}\nthe end`.replaceAll("\n", "\r\n"), ec],
])("%s is read", (_, pem, key) => expect(parsePrivateKey(pem, "key").equals(key)).toBe(true));

const encrypted = { cipher: "aes-256-cbc", passphrase: "secret" } as const;
const pkcs8 = ec.export({ type: "pkcs8", format: "pem" }) as string;
const body = pkcs8.split("\n")[1] as string;

test.each([
  ["nothing", "", "holds no private key"],
  ["a public key", createPublicKey(ec).export({ type: "spki", format: "pem" }) as string, "holds no private key"],
  [
    "an encrypted PKCS#8",
    ec.export({ type: "pkcs8", format: "pem", ...encrypted }) as string,
    "is an encrypted private key",
  ],
  [
    "an encrypted PKCS#1",
    rsa.export({ type: "pkcs1", format: "pem", ...encrypted }) as string,
    "is an encrypted private key",
  ],
  ["two keys", pkcs8 + pkcs8, "holds 2 private keys"],
  ["a cut-off key", pkcs8.slice(0, 100), "holds no private key"],
  ["a damaged key", pkcs8.replace(body, body.slice(10)), "holds a malformed private key"],
  [
    "a key of another kind",
    generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    "of the type x25519",
  ],
  ["a huge text", "x".repeat(70_000), "longer than 64 KiB"],
  [
    "an OpenSSH key",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    "is an OpenSSH key",
  ],
])("%s is refused with its property, and nothing of its text", (_, pem, problem) => {
  let error: unknown;
  try {
    parsePrivateKey(pem, "ca.privateKeyPem");
  } catch (thrown) {
    error = thrown;
  }
  expect(CertificatesError.is(error)).toBe(true);
  const { message, property, cause, stack } = error as CertificatesError;
  expect(message).toContain(problem);
  expect(property).toBe("ca.privateKeyPem");
  for (const text of [message, String(stack), String(cause)]) expect(text).not.toContain(body.slice(0, 16));
});

test("a text built to make matching slow is refused at once", () => {
  const start = performance.now();
  expect(() => parsePrivateKey("-----BEGIN PRIVATE KEY-----\n".repeat(2000), "key")).toThrow("holds no private key");
  expect(() => parsePrivateKey(`-----BEGIN PRIVATE KEY-----${" ".repeat(60_000)}`, "key")).toThrow(
    "holds no private key",
  );
  expect(performance.now() - start).toBeLessThan(5000);
});

test("spkiSha256 is what openssl computes", async () => {
  const key = await generatePrivateKey("ECDSA-P384");
  const spki = openssl(["pkey", "-pubout"], privateKeyToPem(key));
  const digest = execFileSync(
    "sh",
    ["-c", "openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64"],
    {
      input: spki,
      encoding: "utf8",
    },
  );
  expect(spkiSha256(createPublicKey(key))).toBe(digest.trim());
});

test("a key matches the certificate that was made for it, private or public, and no other", async () => {
  const [key, other] = [await generatePrivateKey("ECDSA-P256"), await generatePrivateKey("ECDSA-P256")];
  const template = {
    subject: { commonName: "x" },
    names: {},
    publicKey: createPublicKey(key),
    notBefore: new Date(0),
    notAfter: new Date(),
  };
  const certificate = new X509Certificate((await issueCertificate(template, "self", localSigner(key))).der);
  expect(publicKeyMatches(certificate, key)).toBe(true);
  expect(publicKeyMatches(certificate, createPublicKey(key))).toBe(true);
  expect(publicKeyMatches(certificate, other)).toBe(false);
});
