import { join } from "node:path";
import { changedLines, createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type ApiServer, startApiServer } from "../support/kubernetes/apiServer";
import { grant } from "../support/kubernetes/clusterRole";
import { type Watch, type WatchEvent, watchCollection } from "../support/kubernetes/watch";
import { kubernetesPlugin } from "../support/plugins/kubernetes/kubernetesPlugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { daysFromNow } from "../support/renewals";
import { repository } from "../support/provide";
import { needs } from "../support/requirements";
import { type TestCa, createTestCa } from "../support/testCertificates";

const links = { "@pulumi/kubernetes": join(repository, "node_modules/@pulumi/kubernetes") };
const imports = `
  const k8s = require("@pulumi/kubernetes");
  const { Certificate, CertificateAuthority } = require("pulumi-certificates");
  const { TrustBundle, WebhookTls } = require("pulumi-certificates/kubernetes");
  const cluster = (name) => new k8s.Provider(name, { kubeconfig: process.env[name] });
  const east = cluster("EAST"), west = cluster("WEST");
  const inCluster = { providers: [east] };`;

const deployer = { name: "deployer", groups: ["ci"] };

/** What docs/kubernetes.md says that a deployer needs for both components. */
const rules = [
  {
    apiGroups: [""],
    resources: ["configmaps", "secrets"],
    verbs: ["get", "list", "watch", "create", "patch", "delete"],
  },
  {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    verbs: ["get", "list", "watch", "patch"],
  },
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: ["get", "list", "watch", "patch"],
  },
  { apiGroups: ["apiregistration.k8s.io"], resources: ["apiservices"], verbs: ["get", "list", "watch", "patch"] },
];

const service = { name: "policy", namespace: "policy-system" };
const webhook = (name: string) => ({
  name,
  clientConfig: { service },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  failurePolicy: "Ignore",
  rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["podtemplates"] }],
});
const definition = (plural: string, conversion?: object) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural, singular: plural.slice(0, -1), kind: plural[0]!.toUpperCase() + plural.slice(1, -1) },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    ...(conversion && { conversion }),
  },
});
const apiService = (group: string, more = {}) => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: `v1.${group}` },
  spec: { group, version: "v1", groupPriorityMinimum: 1000, versionPriority: 10, service, ...more },
});
/** What others installed, as a chart does. */
const foreign = [
  ...["Validating", "Mutating"].map((kind) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: "policy" },
    webhooks: ["theirs.example.com", "pods.policy.example.com", "jobs.policy.example.com"].map(webhook),
  })),
  definition("crontabs", {
    strategy: "Webhook",
    webhook: { clientConfig: { service }, conversionReviewVersions: ["v1"] },
  }),
  definition("plains"),
  apiService("policy.example.com"),
  apiService("insecure.example.com", { insecureSkipTLSVerify: true }),
];

const configurations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString();

needs("kube-apiserver").describe("roots in clusters", () => {
  let east: ApiServer;
  let west: ApiServer;
  let plugins: Plugins;
  let env: Record<string, string>;
  let partner: TestCa;
  let stack: Stack;
  const events: { what: string; event: WatchEvent }[] = [];
  const watches: Watch[] = [];

  const program = (
    change: { generation?: number; trust?: string; namespaces?: string; partner?: string } = {},
  ) => `${imports}
    const root = new CertificateAuthority("root", { commonName: "Root", generation: ${change.generation ?? 1} });
    const owner = { team: "platform" };
    new TrustBundle("roots", {
      sources: [root${change.partner ?? ""}],
      namespaces: ${change.namespaces ?? '["shop", "payments"]'},
      targets: [{ namespaces: ["shop"], provider: west, cluster: "west" }],
      owner,
    }, inCluster);
    const policy = new Certificate("policy", { issuer: root, dnsNames: ["policy.policy-system.svc"] });
    new WebhookTls("policy-tls", {
      certificate: policy, owner,
      service: { name: "policy", namespace: "policy-system" },
      validating: [{ name: "policy", webhooks: ["jobs.policy.example.com", "pods.policy.example.com"] }],
      mutating: [{ name: "policy", webhooks: ["pods.policy.example.com"] }],
      customResourceDefinitions: ["crontabs.example.com"],
      apiServices: ["v1.policy.example.com"],
      trust: [${change.trust ?? ""}],
    }, inCluster);
    exports.root = root.certificatePem;`;

  const configMap = (server: ApiServer, namespace: string) =>
    server.get(`/api/v1/namespaces/${namespace}/configmaps/roots`);

  /** The bundle of every place that the stack sets. */
  const bundles = async (): Promise<string[]> => {
    const [validating, mutating, crontabs, policy] = await Promise.all([
      east.get(`${configurations}/policy`),
      east.get(`${configurations.replace("validating", "mutating")}/policy`),
      east.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crontabs.example.com"),
      east.get("/apis/apiregistration.k8s.io/v1/apiservices/v1.policy.example.com"),
    ]);
    const found = [
      validating["webhooks"][1].clientConfig.caBundle,
      validating["webhooks"][2].clientConfig.caBundle,
      mutating["webhooks"][1].clientConfig.caBundle,
      crontabs["spec"].conversion.webhook.clientConfig.caBundle,
      policy["spec"].caBundle,
    ];
    for (const untouched of [validating["webhooks"][0], mutating["webhooks"][0], mutating["webhooks"][2]])
      expect(untouched.clientConfig).toEqual({ service: { ...service, port: 443 } });
    return found.map(decoded);
  };

  beforeAll(async () => {
    [east, west] = await Promise.all([startApiServer(), startApiServer()]);
    plugins = await startPlugins({ kubernetes: kubernetesPlugin({ defaultTimeout: 5 }) });
    partner = await createTestCa("Partner Root");
    const namespaces = ["shop", "payments", "policy-system", "closed"];
    await Promise.all([...namespaces.map((name) => east.createNamespace(name)), west.createNamespace("shop")]);
    await Promise.all([east, west].map((server) => grant(server, "ci", rules)));
    for (const manifest of foreign) await east.apply(manifest);
    env = {
      ...plugins.env,
      EAST: east.kubeconfig(deployer),
      WEST: west.kubeconfig(deployer),
      STRANGER: east.kubeconfig({ name: "stranger", groups: [] }),
    };
    stack = await createStack({ links, program: program() });
  }, 180_000);

  afterAll(async () => {
    await Promise.all(watches.map((watch) => watch.stop()));
    await plugins?.stop();
    await Promise.all([east?.stop(), west?.stop()]);
  });

  test("the roots stand in every namespace and cluster, and where the API server looks for them", async () => {
    await stack.up({ env });
    const { root } = await stack.outputs();
    for (const [server, namespace] of [
      [east, "shop"],
      [east, "payments"],
      [west, "shop"],
    ] as const) {
      const object = await configMap(server, namespace);
      expect(object["data"]).toEqual({ "ca-bundle.crt": root });
      expect(object.metadata.labels).toEqual({ "pulumi-certificates/owner-team": "platform" });
    }
    expect(await bundles()).toEqual(Array.from({ length: 5 }, () => root));
    await stack.preview({ env, args: ["--refresh", "--expect-no-changes"] });
  });

  test("the preview of a rotation shows the certificate and its secret, and no bundle: the roots stay", async () => {
    const preview = await stack.preview({ env: { ...env, PULUMI_CERTIFICATES_NOW: daysFromNow(75) } });
    expect(
      changedLines(preview.all)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["policy", "policy-tls-data"]);
  });

  test("another root changes every object in place; a CA with a new key is trusted before its certificate is served", async () => {
    const { root } = await stack.outputs();
    const client = east.client();
    const watch = async (what: string, path: string, name: string) => {
      const onEvent = (event: WatchEvent) => events.push({ what, event });
      watches.push(await watchCollection(client, path, onEvent, `metadata.name=${name}`));
    };
    await watch("bundle", "/api/v1/namespaces/shop/configmaps", "roots");
    await watch("configuration", configurations, "policy");
    await watch("secret", "/api/v1/namespaces/policy-system/secrets", "policy-tls");
    const old = JSON.stringify(root);
    stack.write(program({ generation: 2, trust: old, partner: `, ${old}, ${JSON.stringify(partner.rootPem)}` }));
    const preview = await stack.preview({ env });
    expect(Object.fromEntries(changedLines(preview.all).map(({ name, op }) => [name, op]))).toEqual({
      root: "update",
      policy: "update",
      "roots-shop-data": "update",
      "roots-payments-data": "update",
      "roots-west-shop-data": "update",
      "policy-tls-validating-policy": "delete-replaced", // and retained, as what follows
      "policy-tls-mutating-policy": "delete-replaced",
      "policy-tls-customResourceDefinition-crontabs.example.com": "delete-replaced",
      "policy-tls-apiService-v1.policy.example.com": "update",
      "policy-tls-data": "update",
    });
    await stack.up({ env });
    const { root: renewed } = await stack.outputs();
    for (const bundle of await bundles()) {
      expect(bundle).toContain(root);
      expect(bundle).toContain(renewed);
    }
    for (const server of [east, west])
      for (const pem of [root, renewed, partner.rootPem])
        expect((await configMap(server, "shop"))["data"]["ca-bundle.crt"]).toContain(pem);
    const of = (what: string) => events.filter((each) => each.what === what).map(({ event }) => event);
    expect(of("bundle").map(({ type }) => type)).toEqual(["ADDED", "MODIFIED"]);
    expect(new Set(of("bundle").map(({ object }) => object.metadata.uid)).size).toBe(1);
    const [, trusted] = of("configuration");
    const [, served] = of("secret");
    expect(of("secret").map(({ type }) => type)).toEqual(["ADDED", "MODIFIED"]);
    expect(Number(trusted?.object.metadata.resourceVersion)).toBeLessThan(
      Number(served?.object.metadata.resourceVersion),
    );
    await stack.preview({ env, args: ["--refresh", "--expect-no-changes"] });
  });

  test("a namespace that is taken out loses its object; deletion leaves the bundles of others' configurations", async () => {
    stack.write(program({ generation: 2, namespaces: '["shop"]' }));
    await stack.up({ env });
    expect((await east.request("GET", "/api/v1/namespaces/payments/configmaps/roots")).status).toBe(404);
    const { root } = await stack.outputs();
    expect(await bundles()).toEqual(Array.from({ length: 5 }, () => root));
    await stack.destroy({ env });
    for (const server of [east, west])
      expect((await server.request("GET", "/api/v1/namespaces/shop/configmaps/roots")).status).toBe(404);
    expect((await east.request("GET", "/api/v1/namespaces/policy-system/secrets/policy-tls")).status).toBe(404);
    expect(await bundles()).toEqual(Array.from({ length: 5 }, () => root));
  });

  test("what a cluster refuses is explained on the resource that it refuses", async () => {
    await east.request(
      "PATCH",
      "/api/v1/namespaces/payments/configmaps/kept?fieldManager=trust-manager&force=true",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kept" }, data: { "ca-bundle.crt": "theirs" } },
      { "content-type": "application/apply-patch+yaml" },
    );
    const refused = await createStack({
      links,
      program: `${imports}
        const pem = ${JSON.stringify(partner.rootPem)};
        const bundle = (name, args, options = inCluster) => new TrustBundle(name, { sources: [pem], namespaces: ["payments"], ...args }, options);
        bundle("gone", { namespaces: ["gone"] });
        bundle("stranger", {}, { providers: [cluster("STRANGER")] });
        bundle("kept", {});
        bundle("taken", { objectName: "kept", takeOver: true });
        const issuer = new CertificateAuthority("root", { commonName: "Root" });
        const certificate = new Certificate("policy", { issuer, dnsNames: ["policy.policy-system.svc"] });
        const service = { name: "policy", namespace: "policy-system" };
        const webhook = (name, args) => new WebhookTls(name, { certificate, service, ...args }, inCluster);
        webhook("missing", {
          validating: [{ name: "absent", webhooks: ["a.example.com"] }],
          mutating: [{ name: "policy", webhooks: ["absent.example.com"] }],
          customResourceDefinitions: ["absents.example.com", "plains.example.com"],
          apiServices: ["v1.absent.example.com", "v1.insecure.example.com"],
        });`,
    });
    const up = await refused.up({ env, fails: true, args: ["--continue-on-error"] });
    const said = (name: string) => diagnosticsOf(up.all, name).join("\n");
    expect(said("gone-gone")).toContain('There is no namespace "gone".');
    expect(said("stranger-payments")).toContain('resources: ["configmaps"]');
    expect(said("kept-payments")).toContain('The ConfigMap "kept" in the namespace "payments" is there already.');
    expect(said("missing-validating-absent")).toContain('The cluster has no ValidatingWebhookConfiguration "absent"');
    expect(said("missing-mutating-policy")).toContain("or it has no webhook of one of these names");
    expect(said("missing-customResourceDefinition-absents.example.com")).toContain(
      'The cluster has no CustomResourceDefinition "absents.example.com"',
    );
    expect(said("missing-customResourceDefinition-plains.example.com")).toContain("does not convert by a webhook");
    expect(said("missing-apiService-v1.absent.example.com")).toContain('The cluster has no APIService "v1.absent');
    expect(said("missing-apiService-v1.insecure.example.com")).toContain("`insecureSkipTLSVerify: true`");
    // The certificate is not served by a secret whose roots nobody knows.
    expect((await east.request("GET", "/api/v1/namespaces/policy-system/secrets/missing")).status).toBe(404);
    expect((await east.get("/api/v1/namespaces/payments/configmaps/kept"))["data"]).toEqual({
      "ca-bundle.crt": partner.rootPem,
    });
  });
});
