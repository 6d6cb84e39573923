import { createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import {
  AcmeAccount,
  Certificate,
  type CertificateArgs,
  type CertificateToDeploy,
  type KeySpec,
  keySpecOf,
  selfSigned,
} from "../../../sdk";
import { createCsr } from "../../../sdk/x509/csr";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

const { unknown } = pulumi as unknown as { unknown: never };
const valueOf = (certificate: CertificateToDeploy): Promise<KeySpec | undefined> =>
  (keySpecOf(certificate) as unknown as { promise(): Promise<KeySpec | undefined> }).promise();

/** A certificate that is due, in a preview. */
const due = (args: Partial<CertificateArgs>): CertificateToDeploy => ({
  ...new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example"], ...args }),
  certificatePem: unknown,
});

beforeAll(() =>
  pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }), call: () => ({}) },
    "project",
    "stack",
    true,
  ),
);

test("is read from a certificate that is known, whatever its arguments say", async () => {
  const ca = await createTestCa("CA", undefined, { keyType: "RSA" });
  expect(await valueOf(ca)).toEqual({ algorithm: "RSA-2048", keyUsages: ["cRLSign", "keyCertSign"] });
  const leaf = await issueTestCertificate(ca, { extendedKeyUsages: ["1.3.6.1.5.5.7.3.2", "1.2.3.4"] });
  const spec = { algorithm: "ECDSA-P256", extendedKeyUsages: ["1.2.3.4", "clientAuth"] };
  expect(await valueOf({ ...due({ privateKey: { algorithm: "Ed25519" } }), ...leaf })).toEqual(spec);
});

test("of a certificate that is due it is what its arguments ask for", async () => {
  const usual = { keyUsages: ["digitalSignature"], extendedKeyUsages: ["serverAuth"] };
  expect(await valueOf(due({}))).toEqual({ algorithm: "ECDSA-P256", ...usual });
  expect(await valueOf(due({ privateKey: { rotationPolicy: "never" } }))).toEqual({
    algorithm: "ECDSA-P256",
    ...usual,
  });
  const asked = { keyUsages: ["keyAgreement" as const], extendedKeyUsages: ["1.3.6.1.5.5.7.3.2"] };
  expect(await valueOf(due({ privateKey: pulumi.output({ algorithm: "ECDSA-P384" as const }), ...asked }))).toEqual({
    algorithm: "ECDSA-P384",
    keyUsages: ["keyAgreement"],
    extendedKeyUsages: ["clientAuth"],
  });
  expect(await valueOf(due({ extendedKeyUsages: [] }))).not.toHaveProperty("extendedKeyUsages");
});

test("of a certificate for a request it is the key of that", async () => {
  const { privateKeyPem } = await issueTestCertificate(undefined, { keyType: "RSA" });
  const csrPem = await createCsr({
    subject: {},
    names: { dnsNames: ["a.example"] },
    key: createPrivateKey(privateKeyPem),
  });
  expect(await valueOf(due({ csrPem }))).toMatchObject({ algorithm: "RSA-2048", isKeyElsewhere: true });
  expect(await valueOf(due({ csrPem: unknown }))).toBeUndefined();
});

test("of a public CA it is what the profile is known to give", async () => {
  const issuer = new AcmeAccount("account", { directory: "letsencrypt", profile: "shortlived" });
  const rsa = { issuer, privateKey: { algorithm: "RSA-2048" as const } };
  expect((await valueOf(due(rsa)))?.keyUsages).toEqual(["digitalSignature"]);
  expect((await valueOf(due({ ...rsa, profile: "classic" })))?.keyUsages).toEqual([
    "digitalSignature",
    "keyEncipherment",
  ]);
});

test("is undefined where a preview knows neither, and for what a unit test gives for a certificate", async () => {
  expect(await valueOf({ certificatePem: unknown, fingerprintSha256: "" })).toBeUndefined();
  expect(await valueOf({ certificatePem: "a certificate", fingerprintSha256: "" })).toBeUndefined();
  expect(await valueOf(due({ privateKey: { algorithm: unknown } }))).toBeUndefined();
});
