import * as kubernetes from "@pulumi/kubernetes";
import { TrustBundle, type TrustBundleArgs } from "../../../../components/kubernetes";
import { CertificateAuthority } from "../../../../sdk";
import { mockedProgram } from "../../../support/mockedProgram";
import {
  type TestCa,
  type TestCertificate,
  createTestCa,
  issueTestCertificate,
} from "../../../support/testCertificates";

let first: TestCa;
let second: TestCa;
let expired: TestCa;
let leaf: TestCertificate;

beforeAll(async () => {
  [first, second, expired] = await Promise.all([
    createTestCa("First Root"),
    createTestCa("Second Root"),
    createTestCa("Old Root", undefined, { notAfter: new Date(Date.now() - 1000) }),
  ]);
  leaf = await issueTestCertificate(first);
});

const bundleOf = (args: Partial<TrustBundleArgs>, name = "roots") =>
  mockedProgram(() => new TrustBundle(name, { sources: [first.rootPem], namespaces: ["shop"], ...args }));
const sorted = () =>
  [first, second]
    .sort((left, right) => (left.fingerprintSha256 < right.fingerprintSha256 ? -1 : 1))
    .map(({ rootPem }) => rootPem)
    .join("");

test("one pair for each namespace; every root once, in one order", async () => {
  const sources = [{ trustBundlePem: second.rootPem }, `Roots of a partner:\n${first.rootPem}${second.rootPem}`];
  const graph = await bundleOf({ sources, namespaces: ["shop", "payments"], owner: { team: "pki" } });
  const children = graph.filter(({ type }) => type.startsWith("kubernetes:"));
  expect(children.map(({ type, name }) => [type, name]).sort()).toEqual([
    ["kubernetes:core/v1:ConfigMap", "roots-payments"],
    ["kubernetes:core/v1:ConfigMap", "roots-shop"],
    ["kubernetes:core/v1:ConfigMapPatch", "roots-payments-data"],
    ["kubernetes:core/v1:ConfigMapPatch", "roots-shop-data"],
  ]);
  const [object, patch] = ["roots-shop", "roots-shop-data"].map((name) => children.find((each) => each.name === name));
  expect(object).toMatchObject({
    options: { ignoreChanges: expect.arrayContaining(["data"]), retainOnDelete: false },
    inputs: {
      metadata: { name: "roots", namespace: "shop", labels: { "pulumi-certificates/owner-team": "pki" } },
    },
  });
  expect(patch).toMatchObject({
    options: { ignoreChanges: [], retainOnDelete: true },
    dependsOn: ["roots-shop"],
    inputs: {
      metadata: { name: "roots", namespace: "shop", annotations: { "pulumi.com/patchForce": "true" } },
      data: { "ca-bundle.crt": sorted() },
    },
  });
  expect(object?.secrets).toEqual([]);
  const [reordered] = await bundleOf({ sources: sources.toReversed() }).then((all) =>
    all.filter(({ type }) => type.endsWith(":ConfigMapPatch")),
  );
  expect(reordered?.inputs.data).toEqual({ "ca-bundle.crt": sorted() });
});

test("several clusters, namespaces of the program, and a Secret", async () => {
  const annotations: unknown[] = [];
  const graph = await mockedProgram(() => {
    const west = new kubernetes.Provider("west", {});
    const shop = new kubernetes.core.v1.Namespace("the-shop", { metadata: { name: "shop" } });
    const bundle = new TrustBundle("roots", {
      sources: [first.rootPem],
      kind: "Secret",
      objectName: "example-roots",
      key: "ca.crt",
      namespaces: [shop, "payments"],
      targets: [
        { namespaces: ["shop"], provider: west },
        { namespaces: ["shop"], cluster: "east" },
      ],
      transform: { secret: { immutable: false } },
    });
    bundle.podAnnotations.apply((known) => annotations.push(known));
  });
  const secrets = graph.filter(({ type }) => type === "kubernetes:core/v1:Secret");
  expect(secrets.map(({ name }) => name).sort()).toEqual([
    "roots-east-shop",
    "roots-payments",
    "roots-the-shop",
    "roots-west-shop",
  ]);
  expect(secrets.find(({ name }) => name === "roots-west-shop")?.options.provider).toMatch(/::west::/);
  const own = secrets.find(({ name }) => name === "roots-the-shop");
  expect(own?.dependsOn).toEqual(["the-shop"]);
  expect(own?.inputs).toMatchObject({
    type: "Opaque",
    immutable: false,
    metadata: { name: "example-roots", namespace: "shop" },
    data: {},
  });
  expect(graph.find(({ name }) => name === "roots-the-shop-data")?.inputs.data).toEqual({
    "ca.crt": Buffer.from(first.rootPem).toString("base64"),
  });
  expect(annotations).toEqual([
    { "example-roots.pulumi-certificates/trust-bundle-sha256": expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});

test.each<[string, () => Partial<TrustBundleArgs>, RegExp]>([
  ["no sources", () => ({ sources: [] }), /^sources: it is empty/],
  ["no namespaces", () => ({ namespaces: [] }), /^namespaces: it is empty, and so is `targets`/],
  ["a namespace twice", () => ({ namespaces: ["shop", "shop"] }), /^namespaces\[1\]: "shop" stands there twice/],
  [
    "a namespace twice in one cluster",
    () => ({ targets: [{ namespaces: ["shop"] }] }),
    /^targets\[0\]\.namespaces\[0\]: "shop" stands there twice\..*`provider` of their own/,
  ],
  ["a namespace that cannot be", () => ({ namespaces: ["Shop"] }), /^namespaces\[0\]: "Shop" cannot be a namespace/],
  ["a kind that cannot be", () => ({ kind: "Pod" as "Secret" }), /^kind: "Pod" cannot hold roots/],
  ["a key that cannot be", () => ({ key: "a/b" }), /^key: "a\/b" cannot be a key/],
  ["a path", () => ({ sources: ["/etc/root.pem"] }), /^sources\[0\]: it holds no certificate\. Give the text itself/],
  [
    "a certificate that is no CA",
    () => ({ sources: [first.rootPem, leaf.certificatePem] }),
    /^sources\[1\]: CN=web\.example\.com is no CA\..*trustBundlePem/,
  ],
  [
    "a root that expired",
    () => ({ sources: [first.rootPem + expired.rootPem] }),
    /^sources\[0\], certificate 2: CN=Old Root expired on/,
  ],
  [
    "a certificate that is cut off",
    () => ({ sources: [first.rootPem + second.rootPem.slice(0, 300)] }),
    /^sources\[0\]: 2 certificates begin in it, 1 are whole/,
  ],
  [
    "a certificate that cannot be read",
    () => ({ sources: ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] }),
    /^sources\[0\]: it cannot be read\. Check it with: openssl/,
  ],
  [
    "a CA that has none yet",
    () => ({ sources: [first.rootPem, ""] }),
    /^sources\[1\]: it has no roots yet\..*signedTrustBundlePem/,
  ],
  ["a name that cannot be", () => ({ objectName: "UPPER" }), /^objectName: "UPPER" cannot be the name/],
])("is refused: %s", async (_what, args, message) => {
  const error = await bundleOf(args()).catch((reason: Error) => reason);
  expect((error as Error).message.replace(/^(error serializing property "\w+": )+/, "")).toMatch(message);
});

test("a user's unit test, whose mocks know nothing of the roots", async () => {
  const graph = await mockedProgram(() => {
    const root = new CertificateAuthority("root", { commonName: "Root" });
    return new TrustBundle("roots", { sources: [root], namespaces: ["shop"] });
  });
  expect(graph.map(({ name }) => name)).toContain("roots-shop-data");
});
