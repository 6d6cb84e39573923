import type * as pulumi from "@pulumi/pulumi";
import { SecretsManagerCertificate, type SecretsManagerCertificateArgs } from "../../../../components/aws";
import { awsResources } from "../../../support/awsResources";
import { mockedProgram } from "../../../support/mockedProgram";
import { type TestCertificate, createTestCa, issueTestCertificate } from "../../../support/testCertificates";

const valueOf = <Value>(output: pulumi.Output<Value>): Promise<Value> =>
  (output as unknown as { promise(): Promise<Value> }).promise();

let certificate: TestCertificate;

beforeAll(async () => {
  const issuing = await createTestCa("Issuing", await createTestCa("Root"));
  certificate = await issueTestCertificate(issuing, { notAfter: new Date("2100-01-01T00:00:00Z") });
});

async function stored(args: Partial<SecretsManagerCertificateArgs>, preview = false) {
  let component: SecretsManagerCertificate | undefined;
  const all = await mockedProgram(
    () => (component = new SecretsManagerCertificate("web", { certificate, ...args })),
    preview,
    awsResources,
  );
  const [secret] = all.filter(({ type }) => type === "aws:secretsmanager/secret:Secret");
  const [version] = all.filter(({ type }) => type === "aws:secretsmanager/secretVersion:SecretVersion");
  return { component: component!, secret: secret!, version: version! };
}

const textOf = (version: { inputs: Record<string, any> }) => JSON.parse(version.inputs.secretString as string);

test("one secret, and a version with everything of the certificate that nobody sees", async () => {
  const { component, secret, version } = await stored({});
  expect(secret).toMatchObject({ name: "web", inputs: {} });
  expect(version).toMatchObject({ name: "web-version", secrets: ["secretString"], inputs: { secretId: "web-id" } });
  expect(textOf(version)).toEqual({
    certificate: certificate.certificatePem,
    chain: certificate.chainPem,
    fullChain: certificate.fullChainPem,
    privateKey: certificate.privateKeyPem,
    notAfter: "2100-01-01T00:00:00Z",
    fingerprintSha256: certificate.fingerprintSha256,
  });
  await expect(valueOf(component.secretArn)).resolves.toContain(":secret:web-");
  await expect(valueOf(component.versionId)).resolves.toBe("version-1");
  await expect(valueOf(component.fingerprintSha256)).resolves.toBe(certificate.fingerprintSha256);
});

test("the fields have the names that its readers look for, and those that nobody reads are left out", async () => {
  const { version } = await stored({
    format: {
      certificate: false,
      chain: false,
      fullChain: "tls.crt",
      privateKey: "tls.key",
      notAfter: false,
      fingerprintSha256: false,
    },
  });
  expect(textOf(version)).toEqual({ "tls.crt": certificate.fullChainPem, "tls.key": certificate.privateKeyPem });
  const { privateKeyPem: _, ...withoutKey } = certificate;
  const { version: open } = await stored({ certificate: withoutKey, format: { privateKey: false } });
  expect(Object.keys(textOf(open) as object)).not.toContain("privateKey");
});

test("the secret's own settings, tags and a policy by transform", async () => {
  const { secret, version } = await stored({
    secretName: "prod/web/tls",
    description: "The certificate of the shop",
    kmsKeyId: "alias/tls",
    replicas: [{ region: "us-east-1", kmsKeyId: "alias/tls" }],
    recoveryWindowInDays: 7,
    region: "eu-central-1",
    tags: { app: "shop" },
    owner: { team: "payments" },
    transform: { secret: { policy: "{}" }, version: { versionStages: ["AWSCURRENT", "BLUE"] } },
  });
  expect(secret.inputs).toEqual({
    name: "prod/web/tls",
    description: "The certificate of the shop",
    kmsKeyId: "alias/tls",
    replicas: [{ region: "us-east-1", kmsKeyId: "alias/tls" }],
    recoveryWindowInDays: 7,
    region: "eu-central-1",
    tags: { app: "shop", "owner:team": "payments" },
    policy: "{}",
  });
  expect(version.inputs).toMatchObject({ region: "eu-central-1", versionStages: ["AWSCURRENT", "BLUE"] });
});

describe("refused in the preview", () => {
  test.each<[string, () => Partial<SecretsManagerCertificateArgs>, string]>([
    [
      "more than a secret may hold",
      () => ({ certificate: { ...certificate, chainPem: certificate.chainPem.repeat(60) } }),
      "bytes long, Secrets Manager takes 65536. Leave out what nobody reads",
    ],
    [
      "no key",
      () => ({ certificate: { ...certificate, privateKeyPem: undefined } }),
      "certificate: it has no private key here. Let the Certificate make its key (no `csrPem`), or store it without: format: { privateKey: false }.",
    ],
    [
      "a certificate that is not issued yet",
      () => ({ certificate: { ...certificate, certificatePem: "" } }),
      "certificate: it is not issued yet, so there is nothing to store.",
    ],
    [
      "a field that there is not",
      () => ({ format: { key: "tls.key" } as never }),
      "format.key: there is no such field. Use certificate, chain, fullChain, privateKey, notAfter, fingerprintSha256.",
    ],
    [
      "a name twice",
      () => ({ format: { fullChain: "pem", privateKey: "pem" } }),
      'format.privateKey: "pem" is the name of fullChain as well.',
    ],
    ["a name that is empty", () => ({ format: { chain: "" } }), "format.chain: the name is empty."],
    [
      "nothing at all",
      () => ({
        format: {
          certificate: false,
          chain: false,
          fullChain: false,
          privateKey: false,
          notAfter: false,
          fingerprintSha256: false,
        },
      }),
      "format: nothing is left in the secret.",
    ],
    ["a name that is none", () => ({ secretName: "web tls" }), 'secretName: "web tls" is no name of a secret.'],
    ["a short recovery window", () => ({ recoveryWindowInDays: 3 }), "recoveryWindowInDays: 3 is not possible."],
    ["no region", () => ({ region: "Ireland" }), 'region: "Ireland" is no region of AWS.'],
  ])("%s", async (_, args, message) => {
    await expect(stored(args(), true)).rejects.toThrow(message);
  });
});
