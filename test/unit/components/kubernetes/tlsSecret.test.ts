import { TlsSecret, type TlsSecretArgs } from "../../../../components/kubernetes";
import { Certificate, selfSigned } from "../../../../sdk";
import { mockedProgram } from "../../../support/mockedProgram";
import { type TestCertificate, createTestCa, issueTestCertificate } from "../../../support/testCertificates";

let certificate: TestCertificate & { trustBundlePem: string };
let other: TestCertificate;

beforeAll(async () => {
  const intermediate = await createTestCa("Issuing", await createTestCa("Root"));
  const web = await issueTestCertificate(intermediate, { commonName: "web", dnsNames: ["web.example"] });
  certificate = { ...web, trustBundlePem: web.rootPem };
  other = await issueTestCertificate(undefined, { commonName: "other" });
});

const decoded = (text: string) => Buffer.from(text, "base64").toString();
const secretOf = (args: Partial<TlsSecretArgs>, name = "web-tls") =>
  mockedProgram(() => new TlsSecret(name, { certificate, namespace: "site", ...args }));

test("a secret that ignores its data, and a patch that applies every later data in place", async () => {
  const graph = await secretOf({
    includeCa: true,
    extraData: { "web.p12": "AAAA" },
    labels: { app: "web" },
    annotations: { note: "mine" },
    owner: { team: "payments" },
  });
  const [secret, patch] = ["web-tls", "web-tls-data"].map((name) =>
    graph.find((each) => each.name === name && each.type.startsWith("kubernetes:")),
  );
  expect(secret).toMatchObject({
    type: "kubernetes:core/v1:Secret",
    options: { ignoreChanges: expect.arrayContaining(["data"]), retainOnDelete: false },
    inputs: {
      type: "kubernetes.io/tls",
      metadata: {
        name: "web-tls",
        namespace: "site",
        labels: { app: "web", "pulumi-certificates/owner-team": "payments" },
        annotations: { note: "mine" },
      },
    },
  });
  expect(patch).toMatchObject({
    type: "kubernetes:core/v1:SecretPatch",
    options: { ignoreChanges: [], retainOnDelete: true },
    dependsOn: expect.arrayContaining(["web-tls"]),
    inputs: {
      type: "kubernetes.io/tls",
      metadata: { name: "web-tls", namespace: "site", annotations: { "pulumi.com/patchForce": "true" } },
    },
  });
  expect([secret?.secrets, patch?.secrets]).toEqual([["data"], ["data"]]);
  expect(Object.keys(patch?.inputs.data as object).sort()).toEqual(["ca.crt", "tls.crt", "tls.key", "web.p12"]);
  expect(decoded(patch?.inputs.data["tls.crt"])).toBe(certificate.fullChainPem);
  expect(decoded(patch?.inputs.data["tls.key"])).toBe(certificate.privateKeyPem);
  expect(decoded(patch?.inputs.data["ca.crt"])).toBe(certificate.rootPem);
});

test("workloads are restarted once the secret holds the certificate, and by nothing else", async () => {
  const graph = await secretOf({
    roll: [
      { kind: "Deployment", name: "web" },
      { kind: "StatefulSet", name: "db", namespace: "data" },
      { kind: "DaemonSet", name: "edge" },
    ],
  });
  const rolls = graph.filter(({ type }) => type.startsWith("kubernetes:apps/v1:"));
  expect(rolls.map(({ type, name, inputs }) => [type, name, inputs.metadata.namespace]).sort()).toEqual([
    ["kubernetes:apps/v1:DaemonSetPatch", "web-tls-roll-daemonset-edge", "site"],
    ["kubernetes:apps/v1:DeploymentPatch", "web-tls-roll-deployment-web", "site"],
    ["kubernetes:apps/v1:StatefulSetPatch", "web-tls-roll-statefulset-db", "data"],
  ]);
  const annotations = {
    "web-tls.pulumi-certificates/fingerprint-sha256": certificate.fingerprintSha256,
    "web-tls.pulumi-certificates/chain-sha256": expect.stringMatching(/^[0-9a-f]{64}$/),
  };
  for (const roll of rolls) {
    expect(roll.inputs.spec).toEqual({ template: { metadata: { annotations } } });
    expect(roll.options.retainOnDelete).toBe(true);
    expect(roll.dependsOn).toContain("web-tls-data");
  }
});

test("a transform has the last word, for the patch too", async () => {
  const graph = await secretOf({
    roll: [{ kind: "Deployment", name: "web" }],
    transform: {
      secret: (args) => (args.metadata = { name: "other-name", namespace: "site", labels: { tier: "edge" } }),
      roll: (_args, options) => (options.customTimeouts = { update: "20m" }),
    },
  });
  const [secret, patch] = graph.filter(({ type }) => type.startsWith("kubernetes:core/v1:"));
  expect(secret?.inputs.metadata).toEqual({ name: "other-name", namespace: "site", labels: { tier: "edge" } });
  expect(patch?.inputs.metadata).toMatchObject({ name: "other-name", namespace: "site" });
});

test("a secret that is there is taken over by a patch, which leaves it when it is deleted", async () => {
  const graph = await secretOf({ takeOver: true, includeCa: true });
  const [object, data] = graph.filter(({ type }) => type.startsWith("kubernetes:core/v1:"));
  expect(object).toMatchObject({
    type: "kubernetes:core/v1:SecretPatch",
    name: "web-tls",
    options: { ignoreChanges: expect.arrayContaining(["data"]), retainOnDelete: true },
    inputs: { type: "kubernetes.io/tls", metadata: { annotations: { "pulumi.com/patchForce": "true" } } },
  });
  expect(Object.keys(object?.inputs.data as object)).toEqual(["tls.crt", "tls.key"]);
  expect(Object.keys(data?.inputs.data as object).sort()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
});

test("what dependents get", async () => {
  const seen: unknown[] = [];
  await mockedProgram(() => {
    const secret = new TlsSecret("web-tls", { certificate, namespace: "site" });
    for (const output of [secret.secretName, secret.namespace, secret.fingerprintSha256])
      output.apply((value) => seen.push(value));
  });
  expect(seen.sort()).toEqual([certificate.fingerprintSha256, "site", "web-tls"].sort());
});

test.each<[string, () => Partial<TlsSecretArgs>, RegExp]>([
  ["a namespace that cannot be", () => ({ namespace: "Site" }), /^namespace: "Site" cannot be a namespace/],
  ["a name that cannot be", () => ({ secretName: "web_tls" }), /^secretName: "web_tls" cannot be the name/],
  ["a label of an owner that cannot be", () => ({ owner: { team: "a b" } }), /^owner\.team: "a b" cannot be the value/],
  [
    "a workload that cannot be restarted",
    () => ({ roll: [{ kind: "Job" as "Deployment", name: "a" }] }),
    /^roll\[0\]\.kind: "Job" cannot be restarted\. Give one of Deployment, StatefulSet, DaemonSet/,
  ],
  [
    "a workload twice",
    () => ({ roll: [1, 2].map(() => ({ kind: "Deployment" as const, name: "a" })) }),
    /^roll\[1\]: Deployment "a" stands there twice/,
  ],
  [
    "another key",
    () => ({ certificate: { ...certificate, privateKeyPem: other.privateKeyPem } }),
    /not that of CN=web/,
  ],
  [
    "no key",
    () => ({ certificate: { ...certificate, privateKeyPem: undefined } }),
    /^certificate: it comes without a private key/,
  ],
  [
    "a certificate that is not issued yet",
    () => ({ certificate: { ...certificate, certificatePem: "" } }),
    /not issued yet/,
  ],
  [
    "a path in place of a certificate",
    () => ({ certificate: { ...certificate, certificatePem: "/etc/web.pem" } }),
    /^certificate\.certificatePem: it is not a certificate in PEM\. Give the text itself/,
  ],
  [
    "no roots for ca.crt",
    () => ({ includeCa: true, certificate: { ...certificate, trustBundlePem: "" } }),
    /^includeCa: the certificate comes without the roots/,
  ],
  [
    "a key of the certificate",
    () => ({ extraData: { "tls.key": "AAAA" } }),
    /^extraData\["tls\.key"\]: this key is that of/,
  ],
  ["text that is not base64", () => ({ extraData: { a: "not base64" } }), /^extraData\["a"\]: its value is not base64/],
])("is refused: %s", async (_what, args, message) => {
  const error = await secretOf(args()).catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain("PRIVATE KEY");
});

test("the name of the resource, where it is that of the secret, too", async () => {
  await expect(secretOf({}, "Web")).rejects.toThrow('secretName: "Web" cannot be the name of a Kubernetes object.');
});

test("a certificate for a request has no key: known before it is issued", async () => {
  const program = () => {
    const web = new Certificate("web", { issuer: selfSigned(), csrPem: "a request" });
    return new TlsSecret("web-tls", { certificate: web });
  };
  await expect(mockedProgram(program, true)).rejects.toThrow("it comes without a private key");
});

test("a user's unit test, whose mocks know nothing of the certificate", async () => {
  const program = () => {
    const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example"] });
    return new TlsSecret("web-tls", { certificate: web, verify: { endpoints: [{ address: "web.example" }] } });
  };
  const graph = await mockedProgram(program);
  expect(graph.map(({ name }) => name)).toEqual(expect.arrayContaining(["web-tls-data", "web-tls-live"]));
});
