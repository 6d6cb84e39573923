import {
  type CertManagerAnnotationsArgs,
  CertManagerCertificate,
  type CertManagerCertificateArgs,
  CertManagerIssuer,
  certManagerAnnotations,
  secretCertificate,
} from "../../../../components/kubernetes";
import { CertificateAuthority, pkcs12 } from "../../../../sdk";
import { mockedProgram } from "../../../support/mockedProgram";
import { type TestCertificate, createTestCa, issueTestCertificate } from "../../../support/testCertificates";

let leaf: TestCertificate;

beforeAll(async () => {
  leaf = await issueTestCertificate(await createTestCa("Cluster", await createTestCa("Root")));
});

const certificateOf = (args: Partial<CertManagerCertificateArgs>) =>
  mockedProgram(
    () => new CertManagerCertificate("web", { issuer: { issuerName: "internal" }, dnsNames: ["web.example"], ...args }),
  );
const messageOf = async (failing: Promise<unknown>) =>
  ((await failing.catch((reason: Error) => reason)) as Error).message.replace(
    /^(error serializing property "\w+": )+/,
    "",
  );

test.each<[string, () => Promise<unknown>, RegExp]>([
  ["no name", () => certificateOf({ dnsNames: undefined } as never), /^dnsNames: it is missing/],
  ["an empty list of names", () => certificateOf({ dnsNames: [] }), /^dnsNames: it is empty/],
  [
    "a duration of another form",
    () => certificateOf({ duration: "3 months" }),
    /^duration: "3 months" is not a duration/,
  ],
  ["too short a life", () => certificateOf({ duration: "30m" }), /^duration: "30m" is shorter than cert-manager takes/],
  [
    "a window longer than the life",
    () => certificateOf({ duration: "10d", renewBefore: "10d" }),
    /^renewBefore: "10d" of "10d" is not between 5m and the lifetime/,
  ],
  [
    "a purpose that cert-manager does not have",
    () => certificateOf({ extendedKeyUsages: ["serverAuth", "1.2.3.4"] }),
    /^extendedKeyUsages\[1\]: "1\.2\.3\.4" is no usage that cert-manager can ask for/,
  ],
  [
    "a keystore of another name",
    () => certificateOf({ keystores: { "web.p12": pkcs12({ password: "p" }) } }),
    /^keystores\["web\.p12"\]: cert-manager makes one PKCS#12 keystore, under the key keystore\.p12/,
  ],
  [
    "an alias",
    () => certificateOf({ keystores: { "keystore.p12": pkcs12({ password: "p", alias: "web" }) } }),
    /^keystores\["keystore\.p12"\]\.alias: cert-manager gives the entry a name of its own/,
  ],
  [
    "an issuer of another kind",
    () => certificateOf({ issuer: { issuerName: "a", kind: "AWSPCAIssuer" } }),
    /^issuer\.kind: "AWSPCAIssuer" is no kind of issuer of cert-manager/,
  ],
])("is refused: %s", async (_what, program, message) => {
  expect(await messageOf(program())).toMatch(message);
});

test("a certificate gets our defaults, not those of cert-manager", async () => {
  const specOf = async (args: Partial<CertManagerCertificateArgs>) =>
    (await certificateOf(args)).find(({ type }) => type === "kubernetes:cert-manager.io/v1:Certificate")?.inputs.spec;
  expect(await specOf({})).toEqual({
    secretName: "web",
    issuerRef: { name: "internal", kind: "Issuer", group: "cert-manager.io" },
    dnsNames: ["web.example"],
    duration: "2160h",
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always", encoding: "PKCS8" },
    usages: ["digital signature", "server auth"],
  });
  expect(
    await specOf({ duration: "6d", privateKey: { algorithm: "RSA-3072", rotationPolicy: "never" } }),
  ).toMatchObject({
    duration: "144h",
    renewBeforePercentage: 50,
    privateKey: { algorithm: "RSA", size: 3072, rotationPolicy: "Never" },
    usages: ["digital signature", "key encipherment", "server auth"],
  });
  expect(
    await specOf({
      isCA: true,
      renewBefore: "90m30s",
      keyUsages: ["keyCertSign", "cRLSign"],
      extendedKeyUsages: ["1.3.6.1.5.5.7.3.7"],
      subject: { organization: ["A", "B"], country: "DE", commonName: "subject" },
      commonName: "web",
      issuer: { issuerName: "pca", kind: "AWSPCAClusterIssuer", group: "awspca.cert-manager.io" },
    }),
  ).toMatchObject({
    isCA: true,
    commonName: "web",
    renewBefore: "5430s",
    subject: { organizations: ["A", "B"], countries: ["DE"] },
    usages: ["cert sign", "crl sign", "ipsec user"],
    issuerRef: { name: "pca", kind: "AWSPCAClusterIssuer", group: "awspca.cert-manager.io" },
  });
});

const annotationsOf = async (args: Omit<CertManagerAnnotationsArgs, "issuer">, kind?: string, group?: string) => {
  let found: Record<string, string> = {};
  const issuer = { issuerName: "internal", ...(kind && { kind }), ...(group && { group }) };
  await mockedProgram(() => certManagerAnnotations({ issuer, ...args }).apply((known) => (found = known)));
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => [name.replace("cert-manager.io/", ""), value]),
  );
};

test("annotations say what is given, and nothing else", async () => {
  expect(await annotationsOf({})).toEqual({ issuer: "internal" });
  expect(await annotationsOf({ renewBefore: "30%" }, "ClusterIssuer")).toEqual({
    "cluster-issuer": "internal",
    "renew-before-percentage": "30",
  });
  expect(await annotationsOf({ duration: "1d", renewBefore: "8h" }, "Own", "own.example")).toEqual({
    issuer: "internal",
    "issuer-kind": "Own",
    "issuer-group": "own.example",
    duration: "24h",
    "renew-before": "8h",
  });
  expect(
    await annotationsOf({
      emailAddresses: ["a@example.com", "b@example.com"],
      subject: { organization: ['Shops, "Inc."', "B"] },
      privateKey: { algorithm: "Ed25519" },
      keyUsages: ["digitalSignature"],
    }),
  ).toEqual({
    issuer: "internal",
    "email-sans": "a@example.com,b@example.com",
    "subject-organizations": '"Shops, ""Inc.""",B',
    "private-key-algorithm": "Ed25519",
    "private-key-rotation-policy": "Always",
    usages: "digital signature,server auth",
  });
});

test("a certificate in a secret can be deployed; a secret without one is an error", async () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const read = async (data: Record<string, string>) => {
    const seen: Record<string, unknown> = {};
    await mockedProgram(
      () => {
        const certificate = secretCertificate("issued", { secretName: "web-tls", namespace: "site" });
        for (const [what, output] of Object.entries(certificate))
          (output as { apply(then: (value: unknown) => void): unknown }).apply((value) => (seen[what] = value));
      },
      false,
      { outputs: () => ({ data }) },
    );
    return seen;
  };
  const data = { "tls.crt": encoded(leaf.fullChainPem), "tls.key": encoded(leaf.privateKeyPem), "ca.crt": "" };
  expect(await read(data)).toEqual({
    certificatePem: leaf.certificatePem,
    chainPem: leaf.chainPem,
    trustBundlePem: undefined,
    privateKeyPem: leaf.privateKeyPem,
    fingerprintSha256: leaf.fingerprintSha256,
    dnsNames: ["web.example.com"],
    notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/),
  });
  expect(await messageOf(read({ other: "" }))).toMatch(/^secretName: site\/web-tls holds no certificate.*only other\./);
});

test("a user's unit test, whose mocks know nothing of the CA", async () => {
  const graph = await mockedProgram(() => {
    const own = new CertificateAuthority("own", { commonName: "Cluster", crlUrls: ["http://pki.example/own.crl"] });
    const issuer = new CertManagerIssuer("internal", { ca: own, kind: "ClusterIssuer" });
    return new CertManagerCertificate("web", { issuer, dnsNames: ["web.example"] });
  });
  expect(graph.find(({ type }) => type === "kubernetes:cert-manager.io/v1:ClusterIssuer")?.inputs.spec).toEqual({
    ca: { secretName: "internal-ca", crlDistributionPoints: ["http://pki.example/own.crl"] },
  });
  expect(
    graph.find(({ type }) => type === "kubernetes:cert-manager.io/v1:Certificate")?.inputs.spec.issuerRef,
  ).toMatchObject({ name: "internal", kind: "ClusterIssuer" });
});
