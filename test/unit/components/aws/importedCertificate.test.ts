import { generateKeyPairSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { ImportedCertificate, type ImportedCertificateArgs } from "../../../../components/aws";
import { Certificate, CertificateSet, selfSigned } from "../../../../sdk";
import { awsResources } from "../../../support/awsResources";
import { mockedProgram } from "../../../support/mockedProgram";
import {
  type TestCa,
  type TestCertificate,
  createTestCa,
  issueTestCertificate,
} from "../../../support/testCertificates";

const { unknown } = pulumi as unknown as { unknown: never };
const arnOf = (region: string, name: string) => `arn:aws:acm:${region}:123456789012:certificate/${name}`;
const valueOf = <Value>(output: pulumi.Output<Value>): Promise<Value> =>
  (output as unknown as { promise(): Promise<Value> }).promise();

let issuing: TestCa;
let certificate: TestCertificate;

beforeAll(async () => {
  issuing = await createTestCa("Issuing", await createTestCa("Root"));
  certificate = await issueTestCertificate(issuing, { commonName: "web.example" });
});

/** The component, and the resources of AWS that it registers. */
async function imported(args: Partial<ImportedCertificateArgs>, preview = false) {
  let component: ImportedCertificate | undefined;
  const all = await mockedProgram(
    () => (component = new ImportedCertificate("web", { certificate, ...args })),
    preview,
    awsResources,
  );
  const children = all.filter(({ type }) => type === "aws:acm/certificate:Certificate");
  return { component: component!, children, child: children[0]! };
}

test("the certificate alone stands in the body, its intermediates in the chain, its key is secret", async () => {
  const { component, children, child } = await imported({});
  expect(children).toHaveLength(1);
  expect(child).toMatchObject({ name: "web", secrets: ["privateKey"] });
  expect(child.inputs).toEqual({
    certificateBody: certificate.certificatePem,
    certificateChain: certificate.chainPem,
    privateKey: certificate.privateKeyPem,
  });
  await expect(valueOf(component.arn)).resolves.toBe(arnOf("eu-west-1", "web"));
  await expect(valueOf(component.arns)).resolves.toEqual({ "eu-west-1": arnOf("eu-west-1", "web") });
  await expect(valueOf(component.region)).resolves.toBe("eu-west-1");
  await expect(valueOf(component.fingerprintSha256)).resolves.toBe(certificate.fingerprintSha256);
  await expect(valueOf(component.arnIn("eu-west-1"))).resolves.toBe(arnOf("eu-west-1", "web"));
});

test("a certificate that is self-signed has no chain, one that a root issued has the root", async () => {
  const own = await issueTestCertificate(undefined);
  const { child } = await imported({ certificate: own });
  expect(child.inputs).not.toHaveProperty("certificateChain");
  const [root, other] = [await createTestCa("Root"), await createTestCa("Other")];
  const web = await issueTestCertificate(root);
  const trustBundlePem = other.certificatePem + root.certificatePem;
  const { child: below } = await imported({ certificate: { ...web, trustBundlePem } });
  expect(below.inputs.certificateChain.trim()).toBe(root.certificatePem.trim());
  await expect(imported({ certificate: { ...web, trustBundlePem: other.certificatePem } })).rejects.toThrow(
    "certificate.chainPem: it is empty, and ACM takes a certificate without its chain only where it is self-signed.",
  );
});

test("each region has a certificate of its own, by its name and not by its place", async () => {
  const { component, children } = await imported({ regions: ["eu-west-1", "us-east-1"] });
  expect(children.map(({ name, inputs, aliases }) => [name, inputs.region, aliases]).sort()).toEqual([
    ["web-eu-west-1", "eu-west-1", ["web"]],
    ["web-us-east-1", "us-east-1", []],
  ]);
  await expect(valueOf(component.arns)).resolves.toEqual({
    "eu-west-1": arnOf("eu-west-1", "web-eu-west-1"),
    "us-east-1": arnOf("us-east-1", "web-us-east-1"),
  });
  await expect(valueOf(component.arn)).resolves.toBe(arnOf("eu-west-1", "web-eu-west-1"));
  await expect(valueOf(component.arnIn("us-east-1"))).resolves.toBe(arnOf("us-east-1", "web-us-east-1"));
  expect(() => component.arnIn("eu-north-1")).toThrow(
    'certificate: it is in eu-west-1, us-east-1, and eu-north-1 needs one of its own. Have it there too: regions: ["eu-west-1", "us-east-1", "eu-north-1"].',
  );
});

test("the region may be an output; where it goes to several regions later, the certificate stays the same one", async () => {
  const output = await imported({ region: pulumi.output("eu-south-1") });
  expect(output.child).toMatchObject({ name: "web", inputs: { region: "eu-south-1" } });
  const { child } = await imported({ region: "eu-south-1" });
  expect(child).toMatchObject({ name: "web", aliases: ["web-eu-south-1"] });
});

test("tags, the owner, and a transform of what is registered in each region", async () => {
  const tags = { tags: { app: "shop" }, owner: { team: "payments" } };
  const { child } = await imported(tags);
  expect(child.inputs.tags).toEqual({ app: "shop", "owner:team": "payments" });
  const { children } = await imported({
    ...tags,
    regions: ["eu-west-1", "us-east-1"],
    transform: { certificate: (args, _options, name) => Object.assign(args, { tags: { of: name, in: args.region } }) },
  });
  expect(children.map(({ inputs }) => inputs.tags).sort((a, b) => (a.of < b.of ? -1 : 1))).toEqual([
    { of: "web-eu-west-1", in: "eu-west-1" },
    { of: "web-us-east-1", in: "us-east-1" },
  ]);
});

describe("what makes it a new certificate", () => {
  test("is the kind of its key and its usages", async () => {
    const ofPurposes = (extendedKeyUsages: string[], keyType?: "RSA") =>
      issueTestCertificate(issuing, { extendedKeyUsages, ...(keyType && { keyType }) });
    const [server, client] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"] as const;
    const trigger = async (given: TestCertificate) => (await imported({ certificate: given })).child.replacementTrigger;
    expect(await trigger(certificate)).toBe("ECDSA-P256 any any");
    expect(await trigger(await ofPurposes([server]))).toBe("ECDSA-P256 any serverAuth");
    // ACM lets client authentication go.
    expect(await trigger(await ofPurposes([client, server]))).toBe("ECDSA-P256 any serverAuth");
    expect(await trigger(await ofPurposes([server, "1.3.6.1.5.5.7.3.17"]))).toBe(
      "ECDSA-P256 any 1.3.6.1.5.5.7.3.17+serverAuth",
    );
    expect(await trigger(await ofPurposes([server], "RSA"))).toBe("RSA-2048 any serverAuth");
  });

  test("comes from the arguments in a preview that does not know the certificate, as the issued one will have it", async () => {
    const due = (args: Partial<ConstructorParameters<typeof Certificate>[1]>) => {
      let asked: string | undefined;
      return mockedProgram(
        () => {
          const web = new Certificate("cert", { issuer: selfSigned(), dnsNames: ["web.example"], ...args });
          const unissued = { ...web, certificatePem: unknown, privateKeyPem: unknown, chainPem: unknown };
          new ImportedCertificate("web", { certificate: unissued });
        },
        true,
        awsResources,
      ).then((all) => {
        asked = all.find(({ type }) => type.startsWith("aws:"))?.replacementTrigger;
        return asked;
      });
    };
    expect(await due({})).toBe("ECDSA-P256 digitalSignature serverAuth");
    expect(await due({ privateKey: { algorithm: "RSA-3072" } })).toBe(
      "RSA-3072 digitalSignature+keyEncipherment serverAuth",
    );
    expect(await due({ extendedKeyUsages: ["serverAuth", "clientAuth"] })).toBe(
      "ECDSA-P256 digitalSignature serverAuth",
    );
    await expect(due({ privateKey: { algorithm: "Ed25519" } })).rejects.toThrow(
      "certificate.privateKey.algorithm: ACM does not import certificates with a key of the kind Ed25519.",
    );
  });

  test("is known of a member of a set by its own arguments before those of the set", async () => {
    const all = await mockedProgram(
      () => {
        const set = new CertificateSet("fleet", {
          issuer: selfSigned(),
          privateKey: { algorithm: "RSA-2048" },
          members: { rsa: { dnsNames: ["a.example"] }, ec: { privateKey: { algorithm: "ECDSA-P384" } } },
        });
        for (const name of ["rsa", "ec"])
          new ImportedCertificate(name, { certificate: { ...set.member(name), certificatePem: unknown } });
      },
      true,
      awsResources,
    );
    const triggers = all.flatMap(({ type, name, replacementTrigger }) =>
      type.startsWith("aws:") ? [[name, replacementTrigger]] : [],
    );
    expect(Object.fromEntries(triggers)).toEqual({
      rsa: "RSA-2048 digitalSignature+keyEncipherment serverAuth",
      ec: "ECDSA-P384 digitalSignature serverAuth",
    });
  });
});

test("a certificate in ACM that is another one than the state says fails the run, not the preview", async () => {
  const notAfter = "2100-01-01T00:00:00Z";
  const outputs: typeof awsResources = {
    outputs: (type, name, inputs) => ({
      ...awsResources.outputs?.(type, name, inputs),
      ...(type.includes("acm") && { notAfter }),
    }),
  };
  const run = (preview: boolean) =>
    mockedProgram(() => new ImportedCertificate("web", { certificate }), preview, outputs);
  await expect(run(false)).rejects.toThrow(
    /^certificate: ACM has another one under arn:aws:acm:eu-west-1:123456789012:certificate\/web, which expires on 2100-01-01 and not on 20.*pulumi up --target-replace 'urn:pulumi:/,
  );
  await run(true);
});

describe("refused in the preview", () => {
  const other = () => issueTestCertificate(issuing, { commonName: "other.example" });
  const elliptic = (namedCurve: string) =>
    generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const day = 86_400_000;

  test.each<[string, () => Promise<Partial<ImportedCertificateArgs>>, string]>([
    [
      "an Ed25519 key",
      async () => ({ certificate: await issueTestCertificate(undefined, { keyType: "Ed25519" }) }),
      "certificate.privateKey.algorithm: ACM does not import certificates with a key of the kind Ed25519. Use ECDSA-P256",
    ],
    [
      "no key",
      async () => ({ certificate: { ...certificate, privateKeyPem: undefined } }),
      "certificate: it has no private key here, and ACM imports a certificate with its key only.",
    ],
    [
      "another key",
      async () => ({ certificate: { ...certificate, privateKeyPem: elliptic("prime256v1") } }),
      "certificate.privateKeyPem: it is not the key of the certificate.",
    ],
    [
      "a key that is encrypted",
      async () => ({
        certificate: { ...certificate, privateKeyPem: "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" },
      }),
      "certificate.privateKeyPem: it is encrypted, and ACM takes plain keys.",
    ],
    [
      "a text that is no key",
      async () => ({ certificate: { ...certificate, privateKeyPem: "open sesame" } }),
      "certificate.privateKeyPem: it is no private key.",
    ],
    [
      "a certificate that is not issued yet",
      async () => ({ certificate: { ...certificate, certificatePem: "" } }),
      "certificate: it is not issued yet, so there is nothing to import.",
    ],
    [
      "the chain in the body",
      async () => ({ certificate: { ...certificate, certificatePem: certificate.fullChainPem } }),
      "certificate.certificatePem: it holds 2 PEM blocks, ACM takes the certificate alone there.",
    ],
    [
      "a text that is no certificate",
      async () => ({ certificate: { ...certificate, certificatePem: "web.pem" } }),
      "certificate.certificatePem: it is no certificate:",
    ],
    [
      "a chain of another certificate",
      async () => ({ certificate: { ...certificate, chainPem: (await other()).certificatePem } }),
      'certificate.chainPem[0]: "CN=other.example" did not issue "CN=web.example", which stands before it.',
    ],
    [
      "one that has expired",
      async () => ({
        certificate: await issueTestCertificate(issuing, {
          notBefore: new Date("2020-01-01"),
          notAfter: new Date("2020-02-01"),
        }),
      }),
      "certificate: it expired on 2020-02-01. ACM imports certificates that are in force.",
    ],
    [
      "one that is not in force yet",
      async () => ({ certificate: await issueTestCertificate(issuing, { notBefore: new Date(Date.now() + 7 * day) }) }),
      "certificate: it is in force from 20",
    ],
    [
      "one that is too large",
      async () => ({
        certificate: {
          ...certificate,
          certificatePem: (
            await issueTestCertificate(issuing, {
              dnsNames: Array.from({ length: 1_000 }, (_, index) => `a-rather-long-name-${index}.example`),
            })
          ).certificatePem,
        },
      }),
      "bytes long, ACM takes 32768.",
    ],
    ["no region", async () => ({ region: "Ireland" }), 'region: "Ireland" is no region of AWS. Use a name such as'],
    [
      "regions and a region",
      async () => ({ region: "eu-west-1", regions: ["us-east-1"] }),
      "`region` is given as well.",
    ],
    ["no regions", async () => ({ regions: [] }), "regions: it names none."],
    [
      "a region twice",
      async () => ({ regions: ["us-east-1", "us-east-1"] }),
      'regions[1]: "us-east-1" is in the list already.',
    ],
  ])("%s", async (_, args, message) => {
    const given = await args();
    await expect(imported(given, true)).rejects.toThrow(message);
  });

  test("a request whose key is elsewhere, also where its certificate is not known yet", async () => {
    const csr = await mockedProgram(
      () => {
        const web = new Certificate("cert", { issuer: selfSigned(), csrPem: request });
        Object.assign(web, { certificatePem: unknown, privateKeyPem: unknown });
        new ImportedCertificate("web", { certificate: web });
      },
      true,
      awsResources,
    ).then(
      () => "nothing",
      ({ message }: Error) => message,
    );
    expect(csr).toContain("certificate: it has no private key here");
  });
});

/** openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=web.example */
const request = `-----BEGIN CERTIFICATE REQUEST-----
MIHQMHgCAQAwFjEUMBIGA1UEAwwLd2ViLmV4YW1wbGUwWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAAR3spZbIN/YR1/zemUDT8yOp3b5FP7bZ9CAd6fnCfcWN1xKVsnx
TiSyQu7F18c9928GfvdyVpE3LIUrWSQJ4CDAoAAwCgYIKoZIzj0EAwIDSAAwRQIh
AMrd9S8DV9rCdcVVFPqQT7/KenDOImpQ7uieTcQZAOtLAiAbyu3r8g1OJEV3iTpW
JEZsorrejNIAetdu5m5ktvmmzQ==
-----END CERTIFICATE REQUEST-----`;
