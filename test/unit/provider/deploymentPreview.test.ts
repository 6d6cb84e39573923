import type { dynamic } from "@pulumi/pulumi";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { certificateSet } from "../../../sdk/provider/certificateSet";
import { deploymentSet } from "../../../sdk/provider/deploymentSet";
import { endpointVerification } from "../../../sdk/provider/endpointVerification";
import { forgetRun, noteStays } from "../../../sdk/provider/runCertificates";
import { unknown } from "../../../sdk/provider/unknown";
import { chainSha256 } from "../../../sdk/targets/chainSha256";
import { createCsr } from "../../../sdk/x509/csr";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import {
  type Properties,
  args,
  check,
  create,
  directory,
  isDue,
  old,
  target,
  useDeployments,
} from "../../support/deployments";

useDeployments();
beforeEach(forgetRun);

const root = "urn:pulumi:stack::project::pulumi-nodejs:dynamic/certificates:CertificateAuthority::root";

/** What the engine sends in the preview of a program that is new: what other resources give is not known. */
async function previewed(provider: dynamic.ResourceProvider, news: Properties): Promise<Properties> {
  const { inputs, failures = [] } = (await provider.check?.({}, { dryRun: true, credentials: {}, ...news })) ?? {};
  expect(failures).toEqual([]);
  return inputs as Properties;
}

const web = (more: Properties = {}): Promise<Properties> =>
  previewed(certificate, { name: "project/stack/web", dnsNames: ["web.example.com"], ...more });

const deployment = (more: Properties = {}): Promise<Properties> =>
  check({
    ...{ name: "project/stack/edge", dryRun: true, credentials: unknown, source: { name: "project/stack/web" } },
    certificate: { fingerprintSha256: unknown, chainSha256: unknown, dnsNames: unknown },
    target: target(),
    ...more,
  });

const postgresql = (): Properties => ({
  kind: "postgresql",
  certificatePath: `${directory}/server.crt`,
  keyPath: `${directory}/server.key`,
  owner: String(process.getuid?.()),
  reload: ["/bin/true"],
});

describe("the preview of a first issuance refuses", () => {
  test("a key's file for a certificate that brings its own request", async () => {
    const key = await generatePrivateKey("ECDSA-P256");
    const csrPem = await createCsr({ subject: {}, names: { dnsNames: ["web.example.com"] }, key });
    await web({ csrPem });
    await expect(deployment()).rejects.toThrow('target.files["privkey.pem"]: the certificate has no private key here');
    await deployment({ target: target({ files: { "fullchain.pem": "fullChain" } }) });
  });

  test.each([
    ["its own key", { privateKey: { algorithm: "Ed25519" } }],
    ["a CA that does not exist yet", { issuer: { kind: "certificateAuthority", resource: root } }],
  ])("PostgreSQL's certificate signed with Ed25519, by %s", async (_what, more) => {
    await previewed(certificateAuthority, {
      name: "project/stack/root",
      commonName: "Root",
      privateKey: { algorithm: "Ed25519" },
    });
    await web(more);
    await expect(deployment({ target: postgresql() })).rejects.toThrow("certificate: it is signed with Ed25519");
  });

  test("an endpoint that asks for another name, or has none to ask for", async () => {
    await web({ dnsNames: ["*.example.com"] });
    const endpoints = (serverName?: string): Properties => ({
      endpoints: [{ address: "10.0.0.7", ...(serverName && { serverName }) }],
    });
    await expect(deployment(endpoints("www.example.org"))).rejects.toThrow(
      `endpoints[0].serverName: "www.example.org" is none of the certificate's names (*.example.com).`,
    );
    await expect(deployment(endpoints())).rejects.toThrow("endpoints[0].serverName: the certificate has only wildcard");
    await deployment(endpoints("www.example.com"));
  });

  test("what a member of a set is not for", async () => {
    const members = JSON.stringify({ api: { dnsNames: ["api.example.com"], privateKey: { algorithm: "Ed25519" } } });
    await previewed(certificateSet, { name: "project/stack/fleet", members });
    const source = { name: "project/stack/fleet", member: "api" };
    await expect(deployment({ source, target: postgresql() })).rejects.toThrow(
      "certificate: it is signed with Ed25519",
    );
    const gone = { name: "project/stack/fleet", member: "gone" };
    await expect(deployment({ source: gone })).rejects.toThrow(
      'certificate: the set has no member "gone". Name one that it has: api.',
    );
    const endpoints = [{ address: "10.0.0.7", serverName: "web.example.com" }];
    await expect(deployment({ source, endpoints })).rejects.toThrow(
      "none of the certificate's names (api.example.com)",
    );
  });
});

describe("the preview of a DeploymentSet refuses", () => {
  const given = (source: Properties, endpoints?: Properties[]): Properties => ({
    ...{ name: "project/stack/balancer", dryRun: true, credentials: unknown, source, due: unknown },
    targets: JSON.stringify({ api: { target: postgresql(), ...(endpoints && { endpoints }) } }),
  });
  const refusal = async (news: Properties): Promise<string> => {
    const { failures = [] } = (await deploymentSet.check?.({}, news)) ?? {};
    return failures.map(({ reason }) => reason).join();
  };

  test("what a member of the set is not for", async () => {
    const members = JSON.stringify({ api: { dnsNames: ["api.example.com"], privateKey: { algorithm: "Ed25519" } } });
    await previewed(certificateSet, { name: "project/stack/fleet", members });
    const source = { name: "project/stack/fleet" };
    expect(await refusal(given(source))).toContain('certificates["api"].certificate: it is signed with Ed25519');
  });

  test("what one of several certificates is not for", async () => {
    await web();
    const source = { api: { name: "project/stack/web" } };
    expect(await refusal(given(source))).toBe("");
    expect(await refusal(given(source, [{ address: "10.0.0.7", serverName: "api.example.com" }]))).toContain(
      `certificates["api"].endpoints[0].serverName: "api.example.com" is none of the certificate's names (web.example.com).`,
    );
  });
});

describe("the preview says nothing of", () => {
  test("what it does not know", async () => {
    await web({ dnsNames: unknown, privateKey: { algorithm: unknown } });
    await deployment({ target: postgresql(), endpoints: [{ address: "10.0.0.7", serverName: "www.example.org" }] });
  });

  test("a key that an unknown issuer signs", async () => {
    await web({ issuer: { kind: "certificateAuthority", resource: root } });
    await deployment({ target: postgresql() });
  });

  test("one of two certificates of the same name", async () => {
    await web({ privateKey: { algorithm: "Ed25519" } });
    await web();
    await deployment({ target: postgresql() });
  });

  test("a certificate from elsewhere that is not known yet", async () => {
    await deployment({ source: undefined, target: postgresql() });
  });
});

describe("what stays as it is", () => {
  const open = { fingerprintSha256: unknown, chainSha256: unknown, dnsNames: unknown };

  test("is no difference to its deployment while its resource is updated", async () => {
    const { certificatePem, chainPem, trustBundlePem, fingerprintSha256, dnsNames } = old;
    const adopt = { certificatePem, chainPem, trustBundlePem };
    await web({ adopt });
    const { certificate } = await deployment({ target: target({ files: { "fullchain.pem": "fullChain" } }) });
    expect(certificate).toEqual({
      ...{ fingerprintSha256, dnsNames },
      chainSha256: chainSha256(chainPem, trustBundlePem),
    });
    await expect(deployment()).rejects.toThrow("the certificate has no private key here");
  });

  test("is no difference to its verification", async () => {
    const { certificatePem, chainPem, trustBundlePem, fingerprintSha256, dnsNames } = old;
    await web({ adopt: { certificatePem, chainPem, trustBundlePem } });
    const given = {
      ...{ name: "project/stack/live", endpoints: [{ address: "10.0.0.7" }], dryRun: true },
      certificate: { fingerprintsSha256: [unknown], chainPem: unknown, trustBundlePem: unknown, dnsNames: unknown },
    };
    const source = { name: "project/stack/web" };
    const { certificate } = await previewed(endpointVerification, { ...given, sources: [source] });
    expect(certificate).toEqual({ fingerprintsSha256: [fingerprintSha256], chainPem, trustBundlePem, dnsNames });
    const other = await previewed(endpointVerification, {
      ...given,
      sources: [source, { name: "project/stack/other" }],
    });
    expect(other.certificate).toEqual(given.certificate);
    expect(other).not.toHaveProperty("sources");
  });

  test("although its renewal was announced is said in the run as in its preview, for the sake of plans", async () => {
    const { name } = await web();
    const given = { ...args(old), source: { name } };
    const before = await check(given);
    const certificate = open;
    const shown = await check({ ...given, certificate, credentials: unknown, dryRun: true }, before);
    expect(shown.changes).toEqual([expect.stringContaining("CertificateChanged: ")]);
    expect(await check(given, before)).not.toHaveProperty("changes");
    noteStays(String(name));
    expect((await check(given, before)).changes).toEqual(shown.changes);
    expect(await isDue({ ...(await create(given)), news: before }, given)).toBe(false);
  });

  test("is told from what is issued", async () => {
    await web();
    expect((await deployment()).certificate).toEqual(open);
  });
});

test("what the certificate is to be stands neither in the inputs nor in a difference", async () => {
  const { name } = await web();
  const given = args(old);
  const before = await create({ ...given, source: { name } });
  expect(before.news).not.toHaveProperty("source");
  expect(await isDue(before, given)).toBe(false);
});
