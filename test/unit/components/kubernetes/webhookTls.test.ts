import { WebhookTls, type WebhookTlsArgs } from "../../../../components/kubernetes";
import { Certificate, CertificateAuthority } from "../../../../sdk";
import { mockedProgram } from "../../../support/mockedProgram";
import {
  type TestCa,
  type TestCertificate,
  createTestCa,
  issueTestCertificate,
} from "../../../support/testCertificates";

let root: TestCa;
let certificate: TestCertificate & { trustBundlePem: string };
let alone: TestCertificate & { trustBundlePem: string };

beforeAll(async () => {
  root = await createTestCa("Root");
  const commonName = "policy.policy-system.svc";
  const issued = await issueTestCertificate(root, { commonName });
  const self = await issueTestCertificate(undefined, { commonName });
  certificate = { ...issued, trustBundlePem: issued.rootPem };
  alone = { ...self, trustBundlePem: self.certificatePem };
});

const webhookOf = (args: Partial<WebhookTlsArgs> = {}) =>
  mockedProgram(
    () =>
      new WebhookTls("policy", {
        certificate,
        service: { name: "policy", namespace: "policy-system" },
        validating: [{ name: "policy", webhooks: ["pods.policy.example.com", "jobs.policy.example.com"] }],
        ...args,
      }),
  );
const encoded = (text: string) => Buffer.from(text).toString("base64");

test("the roots wherever the API server looks for them, then the secret", async () => {
  const graph = await webhookOf({
    mutating: [{ name: "defaults", webhooks: ["pods.defaults.example.com"] }],
    customResourceDefinitions: ["crontabs.example.com"],
    apiServices: ["v1beta1.metrics.k8s.io"],
    roll: [{ kind: "Deployment", name: "policy" }],
    owner: { team: "platform" },
    transform: { caBundle: (args, options) => (options.customTimeouts = { update: "1m" }) },
  });
  const caBundle = encoded(certificate.rootPem);
  const patches = [
    "policy-validating-policy",
    "policy-mutating-defaults",
    "policy-customResourceDefinition-crontabs.example.com",
    "policy-apiService-v1beta1.metrics.k8s.io",
  ].map((name) => graph.find((each) => each.name === name)!);
  expect(patches.map(({ type }) => type.split(":").at(-1))).toEqual([
    "ValidatingWebhookConfigurationPatch",
    "MutatingWebhookConfigurationPatch",
    "CustomResourceDefinitionPatch",
    "APIServicePatch",
  ]);
  for (const { inputs, options } of patches) {
    expect(inputs.metadata.annotations).toEqual({ "pulumi.com/patchForce": "true" });
    expect(options.retainOnDelete).toBe(true);
  }
  expect(patches.map(({ inputs }) => inputs.webhooks ?? inputs.spec)).toEqual([
    ["pods", "jobs"].map((what) => ({ name: `${what}.policy.example.com`, clientConfig: { caBundle } })),
    [{ name: "pods.defaults.example.com", clientConfig: { caBundle } }],
    { conversion: { webhook: { clientConfig: { caBundle } } } },
    { caBundle },
  ]);
  const names = graph.map(({ name, type }) => `${type.split(":").at(-1)} ${name}`);
  const after = names.indexOf("SecretPatch policy-data");
  for (const patch of patches) expect(graph.indexOf(patch)).toBeLessThan(after);
  expect(graph[after]?.inputs.metadata).toMatchObject({ name: "policy", namespace: "policy-system" });
  expect(names).toContain("DeploymentPatch policy-roll-deployment-policy");
});

test("old and new roots together, and a certificate that signed itself", async () => {
  const other = await createTestCa("Other Root");
  const both = [root, other]
    .sort((left, right) => (left.fingerprintSha256 < right.fingerprintSha256 ? -1 : 1))
    .map(({ rootPem }) => rootPem)
    .join("");
  const bundleIn = (graph: Awaited<ReturnType<typeof webhookOf>>): string =>
    graph.find(({ name }) => name === "policy-validating-policy")?.inputs.webhooks[0].clientConfig.caBundle;
  expect(bundleIn(await webhookOf({ trust: [other.rootPem] }))).toBe(encoded(both));
  expect(bundleIn(await webhookOf({ certificate: alone }))).toBe(encoded(alone.certificatePem));
});

test.each<[string, () => Partial<WebhookTlsArgs>, RegExp]>([
  [
    "a certificate for another name",
    () => ({ service: { name: "policy", namespace: "other" } }),
    /^service: the certificate is not for "policy\.other\.svc", only for policy\.policy-system\.svc\. Add "policy\.other\.svc" to its dnsNames/,
  ],
  ["nothing that calls it", () => ({ validating: [] }), /^validating: it is empty.*use TlsSecret/],
  [
    "no roots",
    () => ({ certificate: { ...certificate, trustBundlePem: undefined } }),
    /^certificate: it comes without the roots that the API server is to trust/,
  ],
  [
    "roots that are none",
    () => ({ trust: [certificate.certificatePem] }),
    /^trust\[0\]: CN=policy\.policy-system\.svc is no CA/,
  ],
])("is refused: %s", async (_what, args, message) => {
  const error = await webhookOf(args()).catch((reason: Error) => reason);
  expect((error as Error).message.replace(/^(error serializing property "\w+": )+/, "")).toMatch(message);
});

test("the names of a certificate that is not issued yet are known to a preview", async () => {
  const program = () => {
    const issuer = new CertificateAuthority("root", { commonName: "Root" });
    const policy = new Certificate("policy", { issuer, dnsNames: ["policy.example.com"] });
    return new WebhookTls("policy-tls", {
      certificate: policy,
      service: { name: "policy", namespace: "policy-system" },
      apiServices: ["v1.policy.example.com"],
    });
  };
  await expect(mockedProgram(program, true)).rejects.toThrow(
    'the certificate is not for "policy.policy-system.svc", only for policy.example.com.',
  );
});
