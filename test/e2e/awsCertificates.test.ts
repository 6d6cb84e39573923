import { join } from "node:path";
import { changedLines, createStack, diagnosticsOf, type Stack } from "../support/engine";
import { AwsCloud } from "../support/plugins/aws/awsCloud";
import { awsPlugin } from "../support/plugins/aws/awsPlugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { repository } from "../support/provide";
import { changes, daysFromNow } from "../support/renewals";
import { needs } from "../support/requirements";

const moto = needs("moto_server");
const links = { "@pulumi/aws": join(repository, "node_modules", "@pulumi", "aws") };
const imports = `
  const pulumi = require("@pulumi/pulumi");
  const aws = require("@pulumi/aws");
  const { Certificate, CertificateAuthority } = require("pulumi-certificates");
  const { AcmCertificate, ImportedCertificate, SecretsManagerCertificate } = require("pulumi-certificates/aws");`;

let cloud: AwsCloud;
let plugins: Plugins;

beforeAll(async () => {
  if (moto.program === undefined) return;
  cloud = await AwsCloud.start(moto.program);
  plugins = await startPlugins({ aws: awsPlugin(cloud) });
});
afterAll(async () => {
  await plugins?.stop();
  await cloud?.stop();
});

/** What ACM has under an ARN. */
async function inAcm(arn: string): Promise<any> {
  const region = arn.split(":")[3] as string;
  return (await cloud.ask("acm", region, "DescribeCertificate", { CertificateArn: arn })).Certificate;
}

/** What a run asked AWS to change. */
async function asked(run: () => Promise<unknown>): Promise<string[]> {
  const before = cloud.changes.length;
  await run();
  return cloud.changes.slice(before);
}

moto.describe("a certificate of this program in two regions and in a secret", () => {
  const program = (certificate: object) => `${imports}
    const root = new CertificateAuthority("root", { commonName: "Example Root" });
    const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing", issuer: root });
    const certificate = new Certificate("leaf",
      { issuer: issuing, commonName: "web.example.com", dnsNames: ["web.example.com"], duration: "90d", ...${JSON.stringify(certificate)} });
    const imported = new ImportedCertificate("web",
      { certificate, regions: ["eu-west-1", "us-east-1"], tags: { app: "shop" }, owner: { team: "payments" } });
    const stored = new SecretsManagerCertificate("stored", { certificate, secretName: "web/tls", replicas: [{ region: "us-east-1" }] });
    module.exports = { arns: imported.arns, fingerprint: imported.fingerprintSha256, leaf: certificate.fingerprintSha256,
      secretArn: stored.secretArn, versionId: stored.versionId };`;
  let stack: Stack;
  let first: Record<string, any>;
  const env = () => plugins.env;

  test("the first run imports it under one ARN in each region, and the next one changes nothing", async () => {
    stack = await createStack({ program: program({ extendedKeyUsages: ["serverAuth", "clientAuth"] }), links });
    await stack.up({ env: env() });
    first = await stack.outputs();
    expect(Object.keys(first.arns as object)).toEqual(["eu-west-1", "us-east-1"]);
    expect(first.fingerprint).toBe(first.leaf);
    for (const arn of Object.values<string>(first.arns))
      expect(await inAcm(arn)).toMatchObject({ DomainName: "web.example.com", Status: "ISSUED", Type: "IMPORTED" });
    const arn = first.arns["us-east-1"];
    const { Tags } = await cloud.ask("acm", "us-east-1", "ListTagsForCertificate", { CertificateArn: arn });
    expect(Tags).toEqual(
      expect.arrayContaining([
        { Key: "app", Value: "shop" },
        { Key: "owner:team", Value: "payments" },
      ]),
    );
    await stack.preview({ env: env(), args: ["--expect-no-changes"] });
  });

  const inPlace = {
    leaf: "update",
    "web-eu-west-1": "update",
    "web-us-east-1": "update",
    "stored-version": "replace",
  };

  test("the preview of a renewal shows the certificate, its imports in place and the version of the secret", async () => {
    const preview = await stack.preview({ env: { ...env(), PULUMI_CERTIFICATES_NOW: daysFromNow(65) } });
    expect(changes(preview.all)).toEqual(inPlace);
    const diffs = Object.fromEntries(changedLines(preview.all).map(({ name, diff }) => [name, diff]));
    expect(diffs["web-eu-west-1"]).toEqual(["~certificateBody", "certificateChain", "privateKey"]);
    expect(diffs["stored-version"]).toEqual(["~secretString"]);
  });

  test("a right that is missing is named with its fix; the next run imports there what was issued, as a new certificate", async () => {
    // ACM lets client authentication go, so that it stays the same certificate there.
    stack.write(program({ extendedKeyUsages: ["serverAuth"] }));
    expect(changes((await stack.preview({ env: env() })).all)).toEqual(inPlace);
    cloud.failNext({ action: "ImportCertificate", region: "us-east-1", code: "AccessDeniedException" });
    const failed = await stack.up({ env: env(), fails: true });
    expect(diagnosticsOf(failed.all, "web-us-east-1").join("\n")).toContain(
      "Allow the action acm:ImportCertificate on * in an IAM policy of the identity that runs Pulumi.",
    );
    const issued = (await stack.resource("leaf")).fingerprintSha256;
    expect(issued).not.toBe(first.leaf);
    const again = await stack.up({ env: env() });
    expect(changes(again.all)).toEqual({ "web-us-east-1": "replace", "stored-version": "replace" });
    const { arns, fingerprint } = await stack.outputs();
    expect(fingerprint).toBe(issued);
    expect(arns["eu-west-1"]).toBe(first.arns["eu-west-1"]);
    expect(arns["us-east-1"]).not.toBe(first.arns["us-east-1"]);
    const [one, other] = await Promise.all(Object.values<string>(arns).map(async (arn) => (await inAcm(arn)).Serial));
    expect(one).toBe(other);
    await stack.preview({ env: env(), args: ["--expect-no-changes"] });
  });

  test("the secret changes in one step, and keeps the version before", async () => {
    const { secretArn, versionId } = await stack.outputs();
    expect(secretArn).toBe(first.secretArn);
    const read = async (VersionStage: string) => {
      const { SecretString, VersionId } = await cloud.ask("secretsmanager", "eu-west-1", "GetSecretValue", {
        SecretId: secretArn,
        VersionStage,
      });
      return { VersionId, ...JSON.parse(SecretString) };
    };
    const [current, previous] = [await read("AWSCURRENT"), await read("AWSPREVIOUS")];
    expect([current.VersionId, previous.VersionId]).toEqual([versionId, first.versionId]);
    expect(current.fingerprintSha256).toBe((await stack.outputs()).leaf);
    expect(previous.fingerprintSha256).toBe(first.leaf);
    expect(current.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  test("another kind of key is a new certificate, made in every region before the old ones go", async () => {
    stack.write(program({ extendedKeyUsages: ["serverAuth"], privateKey: { algorithm: "RSA-2048" } }));
    const replaced = { ...inPlace, "web-eu-west-1": "replace", "web-us-east-1": "replace" };
    expect(changes((await stack.preview({ env: env() })).all)).toEqual(replaced);
    const before = (await stack.outputs()).arns;
    const done = await asked(() => stack.up({ env: env() }));
    expect(done.filter((change) => change.startsWith("acm:"))).toEqual([
      "acm:ImportCertificate",
      "acm:ImportCertificate",
      "acm:DeleteCertificate",
      "acm:DeleteCertificate",
    ]);
    const { arns, fingerprint, leaf } = await stack.outputs();
    expect(fingerprint).toBe(leaf);
    for (const [region, arn] of Object.entries<string>(arns)) {
      expect(arn).not.toBe(before[region]);
      expect((await inAcm(arn)).KeyAlgorithm).toMatch(/^RSA[-_]2048$/);
      await expect(inAcm(before[region] as string)).rejects.toThrow("ResourceNotFoundException");
    }
  });

  test("a refresh finds nothing, and no private key is in the state or in what was printed", async () => {
    const refreshed = await stack.refresh({ env: env() });
    expect(changedLines(refreshed.all)).toEqual([]);
    await stack.preview({ env: env(), args: ["--expect-no-changes"] });
    expect(stack.stateFile()).not.toContain("PRIVATE KEY");
    expect(stack.printed()).not.toContain("PRIVATE KEY");
  });

  test("what ACM does not import is refused in the preview", async () => {
    stack.write(program({ privateKey: { algorithm: "Ed25519" } }));
    const before = cloud.changes.length;
    const refused = await stack.preview({ env: env(), fails: true });
    expect(refused.all).toContain(
      "certificate.privateKey.algorithm: ACM does not import certificates with a key of the kind Ed25519. Use ECDSA-P256",
    );
    expect(refused.all).not.toContain("node_modules");
    expect(cloud.changes.length).toBe(before);
  });
});

moto.describe("a certificate that ACM issues", () => {
  const program = (names: string[]) => `${imports}
    const zones = Object.fromEntries(["example.com", "example.net"].map((name) => [name, new aws.route53.Zone(name, { name }).zoneId]));
    const www = new AcmCertificate("www", { domainName: "example.com", subjectAlternativeNames: ${JSON.stringify(names)}, zones,
      regions: ["eu-west-1", "us-east-1"], validationTimeout: "30s", owner: { team: "web" } });
    module.exports = { arn: www.arn, arns: www.arns, dnsNames: www.dnsNames };`;
  const count = (output: string, type: string) =>
    changedLines(output).filter((line) => line.type.endsWith(type)).length;

  test("has one record for each domain, known in the first preview, and is issued in both regions", async () => {
    const stack = await createStack({ program: program(["*.example.com", "example.net"]), links });
    const env = plugins.env;
    const preview = await stack.preview({ env });
    const kinds = [":Record", "aws:acm:Certificate", ":CertificateValidation"];
    expect(kinds.map((type) => count(preview.all, type))).toEqual([2, 2, 2]);
    await stack.up({ env });
    const { arn, arns, dnsNames } = await stack.outputs();
    expect(dnsNames).toEqual(["example.com", "*.example.com", "example.net"]);
    expect(arns["eu-west-1"]).toBe(arn);
    for (const each of Object.values<string>(arns))
      expect(await inAcm(each)).toMatchObject({ Status: "ISSUED", Type: "AMAZON_ISSUED" });
    await stack.preview({ env, args: ["--expect-no-changes"] });

    stack.write(program(["*.example.com"]));
    const done = await asked(() => stack.up({ env }));
    expect(done.filter((change) => change.startsWith("acm:"))).toEqual([
      "acm:RequestCertificate",
      "acm:RequestCertificate",
      "acm:DeleteCertificate",
      "acm:DeleteCertificate",
    ]);
    const after = await stack.outputs();
    expect(after.arn).not.toBe(arn);
    await stack.preview({ env, args: ["--expect-no-changes"] });
    await stack.destroy({ env });
    await expect(inAcm(after.arn as string)).rejects.toThrow("ResourceNotFoundException");
  });

  test("is said to wait for a zone that nobody else sees", async () => {
    const stack = await createStack({
      program: `${imports}
        const zone = new aws.route53.Zone("inside", { name: "inside.example", vpcs: [{ vpcId: "vpc-1" }] });
        new AcmCertificate("api", { domainName: "api.inside.example", zoneId: zone.zoneId, validationTimeout: "2s" });`,
      links,
    });
    const failed = await stack.up({ env: plugins.env, fails: true });
    expect(diagnosticsOf(failed.all, "api-issued").join("\n")).toContain(
      "Check that the zone is public and that the domain is delegated to its name servers",
    );
  });
});
