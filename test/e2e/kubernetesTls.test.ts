import { join } from "node:path";
import { changedLines, createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type ApiServer, startApiServer } from "../support/kubernetes/apiServer";
import { installCrds } from "../support/kubernetes/crds";
import { type Rollouts, runRollouts } from "../support/kubernetes/rollouts";
import { faultsOf, type SecretWatch, watchSecret } from "../support/kubernetes/watch";
import { kubernetesPlugin } from "../support/plugins/kubernetes/kubernetesPlugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { repository } from "../support/provide";
import { daysFromNow, outputsByName, reasons } from "../support/renewals";
import { needs } from "../support/requirements";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../support/testCertificates";

const links = { "@pulumi/kubernetes": join(repository, "node_modules/@pulumi/kubernetes") };
const imports = `
  const k8s = require("@pulumi/kubernetes");
  const { Certificate, CertificateAuthority } = require("pulumi-certificates");
  const { GatewayTls, IngressTls, IstioGatewayTls, TlsSecret } = require("pulumi-certificates/kubernetes");
  const provider = new k8s.Provider("cluster", { kubeconfig: process.env.CLUSTER, namespace: "site" });
  const inCluster = { providers: [provider] };`;

const deployer = { name: "deployer", groups: ["ci"] };

/** What docs/kubernetes.md says that a deployer needs, for all components of this test together. */
const rules = [
  { apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "patch", "delete"] },
  {
    apiGroups: ["apps"],
    resources: ["deployments", "statefulsets", "daemonsets"],
    verbs: ["get", "list", "watch", "patch"],
  },
  { apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["pods", "persistentvolumeclaims"], verbs: ["list", "watch"] },
  {
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses"],
    verbs: ["get", "list", "watch", "create", "patch", "delete"],
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: ["gateways", "referencegrants"],
    verbs: ["get", "create", "patch", "delete"],
  },
  { apiGroups: ["networking.istio.io"], resources: ["gateways"], verbs: ["get", "create", "patch", "delete"] },
  { apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "delete"] }, // one of the program's own
];

const workload = (kind: string, name: string) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace: "site" },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    },
  },
});

const backend = { service: { name: "web", port: { number: 80 } } };
const ingressRules = [{ host: "web.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
const theirGateway = (name: string) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name, namespace: "site" },
  spec: { gatewayClassName: "theirs", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
});
const theirIngress = (name: string) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "site" },
  spec: { rules: ingressRules },
});

needs("kube-apiserver").describe("certificates in a cluster", () => {
  let server: ApiServer;
  let rollouts: Rollouts;
  let plugins: Plugins;
  let env: Record<string, string>;
  let foreign: TestCertificate;

  /** As another field manager than any of this package's. */
  const applyAs = (manager: string, path: string, manifest: object) =>
    server.request("PATCH", `${path}?fieldManager=${manager}&force=true`, manifest, {
      "content-type": "application/apply-patch+yaml",
    });
  const secret = (name: string, type: string, certificate?: TestCertificate) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "site" },
    type,
    ...(certificate && {
      data: {
        "tls.crt": Buffer.from(certificate.fullChainPem).toString("base64"),
        "tls.key": Buffer.from(certificate.privateKeyPem).toString("base64"),
      },
    }),
  });
  const secrets = "/api/v1/namespaces/site/secrets";

  beforeAll(async () => {
    server = await startApiServer();
    rollouts = await runRollouts(server);
    plugins = await startPlugins({ kubernetes: kubernetesPlugin({ defaultTimeout: 5 }) });
    env = { ...plugins.env, CLUSTER: server.kubeconfig(deployer), ADMIN: server.kubeconfig() };
    await Promise.all(["site", "istio-system", "certificates", "closed"].map((name) => server.createNamespace(name)));
    const api = { apiVersion: "rbac.authorization.k8s.io/v1" };
    for (const namespace of ["site", "istio-system", "certificates"]) {
      await server.apply({ ...api, kind: "Role", metadata: { name: "deployer", namespace }, rules });
      await server.apply({
        ...{ ...api, kind: "RoleBinding", metadata: { name: "deployer", namespace } },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "deployer" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "ci" }],
      });
    }
    foreign = await issueTestCertificate(await createTestCa("Another CA"), { commonName: "foreign" });
    await applyAs("cert-manager-certificates-issuing", `${secrets}/kept`, secret("kept", "kubernetes.io/tls", foreign));
    await applyAs("kubectl", `${secrets}/opaque`, secret("opaque", "Opaque"));
  }, 180_000);

  afterAll(async () => {
    await plugins?.stop();
    await rollouts?.stop();
    await server?.stop();
  });

  test("what the cluster refuses is explained on the resource that it refuses", async () => {
    await installCrds(server, "gateway-api", ["Gateway", "ReferenceGrant"]);
    await applyAs("platform", "/apis/networking.k8s.io/v1/namespaces/site/ingresses/guarded", {
      ...theirIngress("guarded"),
      spec: { rules: ingressRules, tls: [{ hosts: ["web.example"], secretName: "theirs" }] },
    });
    await applyAs("platform", "/apis/gateway.networking.k8s.io/v1/namespaces/site/gateways/guarded", {
      ...theirGateway("guarded"),
      spec: {
        ...theirGateway("").spec,
        listeners: [
          {
            name: "https",
            port: 8443,
            protocol: "HTTPS",
            hostname: "web.example",
            tls: { certificateRefs: [{ name: "theirs" }] },
          },
        ],
      },
    });
    const stack = await createStack({
      links,
      program: `${imports}
        const issuer = new CertificateAuthority("root", { commonName: "Root" });
        const certificate = new Certificate("web", { issuer, dnsNames: ["web.example"] });
        const other = (name, args) => ({ providers: [new k8s.Provider(name, { namespace: "site", ...args })] });
        const upserting = other("upserting", { kubeconfig: process.env.CLUSTER, upsertExistingObjects: true });
        const secret = (name, args, options = inCluster) => new TlsSecret(name, { certificate, ...args }, options);
        secret("nowhere", { namespace: "nowhere" }, other("admin", { kubeconfig: process.env.ADMIN }));
        secret("closed", { namespace: "closed" });
        secret("kept", {});
        secret("kept-upserting", { secretName: "kept" }, upserting);
        secret("opaque", {}, upserting);
        secret("opaque-taken", { secretName: "opaque", takeOver: true });
        secret("absent", { roll: [{ kind: "Deployment", name: "absent" }] });
        new IngressTls("guarded", { certificate, ingressName: "guarded" }, inCluster);
        new GatewayTls("listening", { certificate, gatewayName: "guarded", listeners: [{ name: "https", hostname: "web.example" }] }, inCluster);
        new IstioGatewayTls("undefined-kind", { certificate }, inCluster);`,
    });
    const up = await stack.up({ env, fails: true, args: ["--continue-on-error"] });
    const said = (name: string) => diagnosticsOf(up.all, name).join("\n");
    expect(said("nowhere")).toContain('There is no namespace "nowhere".');
    expect(said("closed")).toContain(
      'a Role in it must hold the rule { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch", "create", "patch", "delete"] } and be bound to "deployer"',
    );
    expect(said("kept")).toContain(
      'There is already a Secret "kept" in the namespace "site". Choose another `secretName`',
    );
    expect(said("kept-upserting")).toContain(
      'cert-manager ("cert-manager-certificates-issuing") keeps the Secret "kept"',
    );
    expect(said("opaque")).toContain('The Secret "opaque" in the namespace "site" is there with another type');
    expect(said("opaque-taken")).toContain('The Secret "opaque" in the namespace "site" is there with another type');
    expect(said("absent-roll-deployment-absent")).toContain('There is no Deployment "absent"');
    expect(said("guarded")).toContain('"platform" has set spec.tls of the Ingress "guarded"');
    expect(said("listening")).toContain('"platform" has a listener named "https" on the Gateway "guarded"');
    expect(said("undefined-kind")).toContain("Install Istio 1.22 or later");
    expect(stack.printed()).not.toContain("PRIVATE KEY");
  });

  describe("a stack with every component", () => {
    let stack: Stack;
    let watched: SecretWatch[];
    const program = (change = "") => `${imports}
      const root = new CertificateAuthority("root", { commonName: "Root" });
      const certificate = new Certificate("web", {
        issuer: root, dnsNames: ["web.example"], duration: "90d", renewBefore: "30d",
      });
      const owner = { team: "payments" };
      const tls = new TlsSecret("web-tls", {
        certificate, owner, includeCa: true, namespace: "site",
        roll: [{ kind: "Deployment", name: "web" }, { kind: "StatefulSet", name: "db" }, { kind: "DaemonSet", name: "edge" }],
        ${change}
      }, inCluster);
      const app = { app: "own" };
      new k8s.apps.v1.Deployment("own", {
        metadata: { name: "own" },
        spec: {
          selector: { matchLabels: app },
          template: { metadata: { labels: app, annotations: tls.podAnnotations }, spec: { containers: [{ name: "web", image: "web:1" }] } },
        },
      }, { provider });
      const annotations = { "pulumi.com/skipAwait": "true" }; // no controller gives it an address
      const rules = ${JSON.stringify(ingressRules)};
      new IngressTls("shop", { certificate, owner, className: "nginx", rules, annotations }, inCluster);
      new IngressTls("bound", { certificate, ingressName: "theirs", annotations }, inCluster);
      new GatewayTls("gateway", { certificate, owner, namespace: "site", gatewayClassName: "cilium" }, inCluster);
      new GatewayTls("shared", {
        certificate, namespace: "site", gatewayName: "theirs", secretNamespace: "certificates",
        listeners: [{ hostname: "web.example" }],
      }, inCluster);
      new IstioGatewayTls("mesh", {
        certificate, secretNamespace: "istio-system", mode: "MUTUAL", clientCaPem: root.certificatePem,
      }, inCluster);
      exports.namespace = tls.namespace;`;
    /** Every secret of the stack: name, namespace. */
    const all = [
      ["web-tls", "site"],
      ["shop-tls", "site"],
      ["bound-tls", "site"],
      ["gateway-tls", "site"],
      ["shared-tls", "certificates"],
      ["mesh-tls", "istio-system"],
    ] as const;
    const restarted = [
      ["Deployment", "web"],
      ["StatefulSet", "db"],
      ["DaemonSet", "edge"],
    ] as const;
    const counts = async () => {
      await rollouts.idle();
      return Object.fromEntries(restarted.map(([kind, name]) => [name, rollouts.count(kind, "site", name)]));
    };
    const path = (group: string, plural: string, name: string) => `/apis/${group}/v1/namespaces/site/${plural}/${name}`;
    const gatewayApi = "gateway.networking.k8s.io";

    beforeAll(async () => {
      await installCrds(server, "gateway-api", ["Gateway", "ReferenceGrant"]);
      await installCrds(server, "istio", ["Gateway"]);
      for (const [kind, name] of restarted) await server.apply(workload(kind, name));
      await applyAs("platform", path("networking.k8s.io", "ingresses", "theirs"), theirIngress("theirs"));
      await applyAs("platform", path(gatewayApi, "gateways", "theirs"), theirGateway("theirs"));
      watched = await Promise.all(all.map(([name, namespace]) => watchSecret(server, namespace, name)));
      stack = await createStack({ links, config: { "certificates:allowTimeTravel": "true" }, program: program() });
      await stack.up({ env });
    });

    afterAll(() => Promise.all((watched ?? []).map((watch) => watch.stop())));

    test("stands as the servers of the cluster expect it", async () => {
      const { web, root } = await outputsByName(stack);
      const versions = await watched[0]!.versions();
      expect(versions.at(-1)).toMatchObject({
        type: "kubernetes.io/tls",
        labels: { "pulumi-certificates/owner-team": "payments" },
        data: {
          "tls.crt": web?.certificatePem,
          "tls.key": web?.privateKeyPem,
          "ca.crt": root?.certificatePem,
        },
      });
      const entry = { hosts: ["web.example"], secretName: "shop-tls" };
      expect((await server.get(path("networking.k8s.io", "ingresses", "shop"))).spec).toMatchObject({ tls: [entry] });
      expect((await server.get(path("networking.k8s.io", "ingresses", "theirs"))).spec).toMatchObject({
        rules: ingressRules,
        tls: [{ hosts: ["web.example"], secretName: "bound-tls" }],
      });
      const listeners = async (name: string) => (await server.get(path(gatewayApi, "gateways", name))).spec.listeners;
      const listener = { name: "https-web-example", hostname: "web.example", port: 443, protocol: "HTTPS" };
      expect(await listeners("gateway")).toMatchObject([
        { ...listener, tls: { certificateRefs: [{ name: "gateway-tls" }] } },
      ]);
      expect(await listeners("theirs")).toMatchObject([
        { name: "http" },
        { ...listener, tls: { certificateRefs: [{ name: "shared-tls", namespace: "certificates" }] } },
      ]);
      expect((await server.get(path("networking.istio.io", "gateways", "mesh"))).spec).toMatchObject({
        selector: { istio: "ingressgateway" },
        servers: [{ hosts: ["web.example"], tls: { mode: "MUTUAL", credentialName: "mesh-tls" } }],
      });
      expect((await watched.at(-1)!.versions()).at(-1)?.data["ca.crt"]).toBe(root?.certificatePem);
      expect(await counts()).toEqual({ web: 2, db: 2, edge: 2 });
    });

    test("shows no change while nothing is due, before and after a refresh", async () => {
      await stack.preview({ env, args: ["--expect-no-changes"] });
      await stack.refresh({ env, args: ["--expect-no-changes"] });
      await stack.preview({ env, args: ["--expect-no-changes"] });
    });

    const bindings = {
      ...Object.fromEntries(all.map(([name]) => [`${name}-data`, ["~data"]])),
      ...Object.fromEntries(restarted.map(([kind, name]) => [`web-tls-roll-${kind.toLowerCase()}-${name}`, ["~spec"]])),
      own: ["~spec"],
    };

    test("the preview of a rotation shows the certificate, its secrets and the restarts, and nothing else", async () => {
      stack.clock(daysFromNow(62));
      const preview = await stack.preview({ env });
      expect(reasons(preview.all)).toEqual({ web: "Renewing" });
      const shown = changedLines(preview.all).map(({ name, op, diff }) => [name, op, diff]);
      expect(shown.sort()).toEqual(
        [
          ["web", "update", ["~renewal"]],
          ...Object.entries(bindings).map(([name, diff]) => [name, "update", diff]),
        ].sort(),
      );
    });

    test("a rotation whose pods do not become ready fails the run once the secrets have the certificate; the next one goes on", async () => {
      const before = (await outputsByName(stack)).web;
      rollouts.fail("Deployment", "site", "web");
      const failed = await stack.up({ env, fails: true });
      const after = (await outputsByName(stack)).web;
      expect(after?.fingerprintSha256).not.toBe(before?.fingerprintSha256);
      expect((await watched[0]!.versions()).at(-1)?.data["tls.key"]).toBe(after?.privateKeyPem);
      const said = diagnosticsOf(failed.all, "web-tls-roll-deployment-web").join("\n");
      expect(said).toContain(
        "The secret holds the new certificate, but the pods that were started with it did not become ready.",
      );
      expect(said).toContain("kubectl -n site describe deployment/web");

      rollouts.mend("Deployment", "site", "web");
      stack.clock();
      const up = await stack.up({ env });
      expect(changedLines(up.all).map(({ name }) => name)).not.toContain("web");
      expect((await outputsByName(stack)).web?.fingerprintSha256).toBe(after?.fingerprintSha256);
      expect(await counts()).toEqual({ web: 3, db: 3, edge: 3 });
      const podAnnotations = (await server.get(path("apps", "deployments", "web"))).spec.template.metadata.annotations;
      expect(podAnnotations["web-tls.pulumi-certificates/fingerprint-sha256"]).toBe(after?.fingerprintSha256);
      await stack.preview({ env, args: ["--expect-no-changes"] });
    });

    test("no version of any secret was without both keys, or with a key of another certificate", async () => {
      for (const watch of watched) {
        const versions = await watch.versions();
        expect(faultsOf(versions)).toEqual([]);
        expect(new Set(versions.map(({ uid }) => uid)).size).toBe(1);
        expect(new Set(versions.map(({ data }) => data["tls.crt"])).size).toBe(2);
      }
    });

    test("what others changed by hand is put right; labels change without touching the data", async () => {
      const patch = { data: { "tls.crt": Buffer.from("not a certificate").toString("base64") } };
      const headers = { "content-type": "application/merge-patch+json" };
      await server.request("PATCH", `${secrets}/web-tls?fieldManager=kubectl-edit`, patch, headers);
      stack.write(
        program(`labels: { tier: "edge" },`)
          .replace("includeCa: true", "includeCa: false")
          .replace('{ hostname: "web.example" }', '{ hostname: "web.example", port: 8443 }'),
      );
      const up = await stack.up({ env, args: ["--refresh"] });
      const { web } = await outputsByName(stack);
      expect((await watched[0]!.versions()).at(-1)).toMatchObject({
        labels: { tier: "edge", "pulumi-certificates/owner-team": "payments" },
      });
      expect((await watched[0]!.versions()).at(-1)?.data).toEqual({
        "tls.crt": web?.certificatePem,
        "tls.key": web?.privateKeyPem,
      });
      expect(changedLines(up.all).map(({ name }) => name)).toEqual(
        expect.arrayContaining(["web-tls", "web-tls-data", "shared"]),
      );
      expect((await server.get(path(gatewayApi, "gateways", "theirs"))).spec.listeners).toMatchObject([
        { name: "http", port: 80 },
        { name: "https-web-example", port: 8443 },
      ]);
      await stack.preview({ env, args: ["--expect-no-changes"] });
    });

    test("no private key is in what was printed, nor in clear in the state", async () => {
      const { web } = await outputsByName(stack);
      const keys = [
        web?.privateKeyPem,
        ...(await watched[0]!.versions()).map(({ data }) => data["tls.key"]),
      ] as string[];
      const text = stack.printed() + stack.stateFile();
      for (const key of keys) {
        expect(text).not.toContain(key.split("\n")[1]);
        expect(text).not.toContain(Buffer.from(key).toString("base64").slice(60, 120));
      }
    });

    test("deleting it deletes what it created, leaves what is of others, and restarts nothing", async () => {
      const before = await counts();
      await stack.destroy({ env });
      expect(await counts()).toEqual(before);
      for (const watch of watched) expect((await watch.versions()).at(-1)?.event).toBe("DELETED");
      expect((await server.get(path("networking.k8s.io", "ingresses", "theirs"))).spec).toEqual({
        rules: ingressRules,
      });
      expect((await server.get(path(gatewayApi, "gateways", "theirs"))).spec.listeners).toMatchObject([
        { name: "http" },
      ]);
      expect((await server.request("GET", path("networking.k8s.io", "ingresses", "shop"))).status).toBe(404);
    });
  });

  test("a secret of cert-manager is taken over in place, and kept when it is deleted until takeOver is taken off", async () => {
    const program = (takeOver: string) => `${imports}
      const issuer = new CertificateAuthority("root", { commonName: "Root" });
      const certificate = new Certificate("web", { issuer, dnsNames: ["web.example"] });
      new TlsSecret("kept", { certificate, ${takeOver} }, inCluster);`;
    const stack = await createStack({ links, program: program("takeOver: true") });
    const watch = await watchSecret(server, "site", "kept");
    await stack.up({ env });
    await stack.destroy({ env });
    await stack.up({ env });
    stack.write(program(""));
    const up = await stack.up({ env });
    expect(changedLines(up.all)).toMatchObject([{ op: "update", name: "kept", type: "kubernetes:core/v1:Secret" }]);
    const versions = await watch.versions();
    expect(faultsOf(versions)).toEqual([]);
    expect(versions[0]?.data["tls.crt"]).toBe(foreign.fullChainPem);
    expect(versions.at(-1)?.data["tls.crt"]).toBe((await outputsByName(stack)).web?.certificatePem);
    await stack.destroy({ env });
    expect((await watch.versions()).at(-1)?.event).toBe("DELETED");
    await watch.stop();
  });
});
