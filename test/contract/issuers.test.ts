import { createPublicKey, X509Certificate } from "node:crypto";
import { day } from "../../sdk/duration";
import { CertificatesError } from "../../sdk/errors";
import type { Issued, IssueRequest, IssuerKind } from "../../sdk/issuers/issuer";
import { issuerKind, issuerKinds } from "../../sdk/issuers/registry";
import { type KeyAlgorithm, keyAlgorithms } from "../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../sdk/keys/generate";
import { parseCertificate, splitPem } from "../../sdk/x509/parse";
import { opensslVerify } from "../support/opensslVerify";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../support/testCertificates";

type Credentials = Readonly<Record<string, unknown>>;

/** How to try a kind of issuer: what it signs with, and credentials with which it cannot. */
interface Fixture {
  /** Credentials, in each variant that gives another chain. */
  readonly credentials: () => Promise<Record<string, unknown>>;
  /** Whether the issuer needs the private key of what it signs. */
  readonly needsKey: boolean;
  readonly refused: () => Promise<Record<string, readonly [credentials: unknown, code: string, message: string]>>;
}

const text = ({ certificatePem, privateKeyPem, chainPem, rootPem }: TestCertificate): string =>
  JSON.stringify({ certificatePem, privateKeyPem, chainPem, trustBundlePem: rootPem });

const dates = (days: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() - 10 * day),
  notAfter: new Date(Date.now() + days * day),
});

const fixtures: Readonly<Record<string, Fixture>> = {
  certificateAuthority: {
    needsKey: false,
    credentials: async () => {
      const root = await createTestCa("Root", undefined, dates(300));
      const rsa = await createTestCa("RSA Root", undefined, { keyType: "RSA", ...dates(300) });
      const deep = await createTestCa("Issuing 2", await createTestCa("Issuing 1", root, dates(200)), dates(150));
      return {
        "a root": text(root),
        "a root that says nothing of what it trusts": JSON.stringify({
          certificatePem: root.certificatePem,
          privateKeyPem: root.privateKeyPem,
        }),
        "an RSA root": text(rsa),
        "an Ed25519 root": text(await createTestCa("Ed25519 Root", undefined, { keyType: "Ed25519", ...dates(300) })),
        "a CA two below its root": text(deep),
        "an ECDSA CA below an RSA root": text(await createTestCa("Mixed", rsa, dates(150))),
        "a CA that bears its root's name": text(await createTestCa("Root", root, dates(150))),
      };
    },
    refused: async () => {
      const root = await createTestCa("Root", undefined, dates(300));
      const other = await createTestCa("Other", undefined, dates(300));
      const expired = await createTestCa("Expired", undefined, dates(-1));
      const below: TestCa = await createTestCa("Below", expired, dates(30));
      const leaf = await issueTestCertificate(root);
      const missing = "The issuing CA's key and certificate did not reach the certificate.";
      return {
        nothing: [undefined, "CredentialsMissing", missing],
        "a CA that awaits its signature": [
          JSON.stringify({ privateKeyPem: root.privateKeyPem }),
          "CredentialsMissing",
          missing,
        ],
        "a CA without its key": [
          JSON.stringify({ certificatePem: root.certificatePem }),
          "CredentialsMissing",
          missing,
        ],
        "another CA's key": [
          text({ ...root, privateKeyPem: other.privateKeyPem }),
          "KeyMismatch",
          `The issuer's private key does not belong to its certificate "CN=Root".`,
        ],
        "no CA": [text(leaf), "IssuanceFailed", 'The issuer\'s certificate "CN=web.example.com" is no CA certificate.'],
        "an expired CA": [text(expired), "IssuerExpiring", "The issuing CA, or one above it, expired on"],
        "a CA below an expired one": [text(below), "IssuerExpiring", "The issuing CA, or one above it, expired on"],
        "a malformed certificate": [
          text({ ...root, certificatePem: "hello" }),
          "MalformedInput",
          "issuer.certificatePem",
        ],
        "a malformed key": [
          text({ ...root, privateKeyPem: "hello" }),
          "InvalidArgument",
          "the issuer's private key: holds no private key in PEM.",
        ],
      };
    },
  },
  selfSigned: {
    needsKey: true,
    credentials: () => Promise.resolve({ "its own key": undefined }),
    refused: () => Promise.resolve({}),
  },
};

async function request(
  more: Partial<IssueRequest["template"]> = {},
  algorithm: KeyAlgorithm = "ECDSA-P256",
): Promise<IssueRequest> {
  const privateKey = await generatePrivateKey(algorithm);
  const template = {
    subject: { commonName: "web.example.com" },
    names: { dnsNames: ["web.example.com"] },
    publicKey: createPublicKey(privateKey),
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 90 * day),
    ...more,
  };
  return { name: "project/stack/web", template, privateKey, options: {}, signal: AbortSignal.timeout(60_000), report };
}

const report = (): void => undefined;

/** Its chain must satisfy the strictest reader, with nothing of the machine's own trust. */
async function expectVerified({ certificate, chainPem, trustBundlePem }: Issued): Promise<void> {
  const verification = {
    leafPem: certificate.pem,
    intermediatesPem: chainPem,
    trustAnchorsPem: trustBundlePem,
    at: new Date(),
  };
  expect(await opensslVerify(verification)).toMatchObject({ ok: true, output: expect.stringContaining("OK") });
}

async function failure(work: Promise<unknown>): Promise<CertificatesError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!CertificatesError.is(error)) throw new Error("expected an error of this package", { cause: error });
  return error;
}

test("every kind stands in the registry under its own name, and has a fixture", () => {
  expect([...Object.keys(fixtures), "acme"].sort()).toEqual(issuerKinds.map(({ kind }) => kind).sort());
  for (const kind of issuerKinds) expect(issuerKind(kind.kind)).toBe(kind);
  for (const name of ["none", "", "constructor", "__proto__"]) {
    expect(() => issuerKind(name)).toThrow(`issuer: "${name}" is no kind of issuer. Known kinds: `);
  }
});

/** Those that sign in this process. What a service issues is tried against a real one: acme/issuer.test.ts. */
const localKinds = issuerKinds.filter(({ kind }) => kind in fixtures);

describe.each(localKinds.map((kind): [string, IssuerKind] => [kind.kind, kind]))("%s", (name, kind) => {
  const fixture = fixtures[name] as Fixture;
  let variants: Record<string, unknown>;
  let credentials: Credentials;

  beforeAll(async () => {
    variants = await fixture.credentials();
    credentials = { issuer: Object.values(variants)[0] };
  });

  test("says who trusts what it signs", () => {
    expect(["private", "public"]).toContain(kind.trust);
  });

  test("signs with all it may be given, so that openssl verifies the whole chain", async () => {
    for (const [variant, given] of Object.entries(variants)) {
      const issued = await kind.issue(await request(), { issuer: given });
      await expectVerified(issued).catch((cause: unknown) => {
        throw new Error(`with ${variant}`, { cause });
      });
      const roots = splitPem(issued.trustBundlePem).map((pem) => new X509Certificate(pem));
      for (const one of roots) expect(one.verify(one.publicKey)).toBe(true);
      for (const pem of splitPem(issued.chainPem)) {
        const element = new X509Certificate(pem);
        expect(element.verify(element.publicKey)).toBe(false);
      }
    }
  });

  test.each(keyAlgorithms)("certifies an %s key", async (algorithm) => {
    const asked = await request({}, algorithm);
    const issued = await kind.issue(asked, credentials);
    const facts = parseCertificate(issued.certificate.pem, "certificate");
    expect(facts.keyAlgorithm).toBe(algorithm);
    expect(facts.certificate.publicKey.equals(asked.template.publicKey)).toBe(true);
    await expectVerified(issued);
  });

  test("certifies exactly what it is asked for, and says what it certified", async () => {
    const asked = await request({
      subject: { commonName: "web.example.com", organization: "Example", country: "DE" },
      names: {
        dnsNames: ["web.example.com", "*.web.example.com"],
        ipAddresses: ["10.0.0.7", "2001:db8::7"],
        uris: ["https://web.example.com/"],
        emailAddresses: ["ops@example.com"],
      },
      keyUsages: ["digitalSignature", "keyAgreement"],
      extendedKeyUsages: ["serverAuth", "clientAuth"],
    });
    const { certificate } = await kind.issue(asked, credentials);
    const facts = parseCertificate(certificate.pem, "certificate");
    expect(facts).toMatchObject({
      subjectName: asked.template.subject,
      names: asked.template.names,
      keyUsages: asked.template.keyUsages,
      extendedKeyUsages: asked.template.extendedKeyUsages,
      isCA: false,
    });
    expect(certificate).toMatchObject({
      serialNumber: facts.serialNumber,
      notBefore: facts.notBefore,
      notAfter: facts.notAfter,
      fingerprintSha256: facts.fingerprintSha256,
      spkiSha256: facts.spkiSha256,
    });
  });

  test("never gives the same serial number twice", async () => {
    const asked = await request();
    const all = await Promise.all(Array.from({ length: 20 }, () => kind.issue(asked, credentials)));
    expect(new Set(all.map(({ certificate }) => certificate.serialNumber)).size).toBe(20);
  });

  test("ends what it signs no later than anything above it, and says so", async () => {
    for (const given of Object.values(variants)) {
      const asked = await request({ notAfter: new Date(Date.now() + 36_500 * day) });
      const { certificate, chainPem, trustBundlePem, warnings } = await kind.issue(asked, { issuer: given });
      const above = splitPem(chainPem + trustBundlePem).filter((pem) => pem !== certificate.pem);
      const ends = above.map((pem) => Date.parse(new X509Certificate(pem).validTo));
      for (const end of ends) expect(certificate.notAfter.getTime()).toBeLessThanOrEqual(end);
      expect(warnings).toEqual(above.length === 0 ? [] : [expect.stringContaining("The lifetime is cut to ")]);
    }
  });

  test("begins what it signs no earlier than what signs it", async () => {
    const asked = await request({ notBefore: new Date(Date.now() - 3650 * day) });
    const issued = await kind.issue(asked, credentials);
    const above = splitPem(issued.chainPem + issued.trustBundlePem).filter((pem) => pem !== issued.certificate.pem);
    const begins = above.map((pem) => Date.parse(new X509Certificate(pem).validFrom));
    for (const begin of begins) expect(issued.certificate.notBefore.getTime()).toBeGreaterThanOrEqual(begin);
    await expectVerified(issued);
  });

  test("refuses what cannot be certified", async () => {
    const refused: [Partial<IssueRequest["template"]>, string][] = [
      [{ subject: {}, names: {} }, "dnsNames: names nothing, and the subject is empty."],
      [{ names: { dnsNames: ["not a name"] } }, "dnsNames[0]"],
      [{ notAfter: new Date(Date.now() - day) }, "notAfter"],
    ];
    for (const [more, message] of refused) {
      expect((await failure(kind.issue(await request(more), credentials))).message).toContain(message);
    }
  });

  test("certifies a key that is not here, or says that it needs it", async () => {
    const { privateKey: _, ...withoutKey } = await request();
    const issued = kind.issue(withoutKey, credentials);
    if (fixture.needsKey) expect((await failure(issued)).message).toContain("needs its own private key");
    else await expectVerified(await issued);
  });

  test("refuses credentials with which it cannot sign, and shows nothing of them", async () => {
    for (const [what, [given, code, message]] of Object.entries(await fixture.refused())) {
      const error = await failure(kind.issue(await request(), { issuer: given }));
      expect([what, error.code, error.message]).toEqual([what, code, expect.stringContaining(message)]);
      expect(`${error.message} ${String(error.stack)} ${String(error.cause)}`).not.toMatch(
        /PRIVATE KEY|MII[A-Za-z0-9+/]{20}/,
      );
    }
  });
});
