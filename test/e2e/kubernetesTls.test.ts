import { changedLines, createStack, diagnosticsOf, type Stack } from "../support/engine";
import { installCrds } from "../support/kubernetes/crds";
import {
  type Site,
  imports,
  ingressRules,
  links,
  startSite,
  theirGateway,
  theirIngress,
} from "../support/kubernetes/site";
import { faultsOf, type SecretWatch, watchSecret } from "../support/kubernetes/watch";
import { daysFromNow, outputsByName, reasons } from "../support/renewals";
import { needs } from "../support/requirements";

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

needs("kube-apiserver").describe("certificates in a cluster", () => {
  let site: Site;
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
    await site.rollouts.idle();
    return Object.fromEntries(restarted.map(([kind, name]) => [name, site.rollouts.count(kind, "site", name)]));
  };
  const path = (group: string, plural: string, name: string) => `/apis/${group}/v1/namespaces/site/${plural}/${name}`;
  const gatewayApi = "gateway.networking.k8s.io";

  beforeAll(async () => {
    site = await startSite();
    await installCrds(site.server, "gateway-api", ["Gateway", "ReferenceGrant"]);
    await installCrds(site.server, "istio", ["Gateway"]);
    for (const [kind, name] of restarted) await site.server.apply(workload(kind, name));
    await site.applyAs("platform", path("networking.k8s.io", "ingresses", "theirs"), theirIngress("theirs"));
    await site.applyAs("platform", path(gatewayApi, "gateways", "theirs"), theirGateway("theirs"));
    watched = await Promise.all(all.map(([name, namespace]) => watchSecret(site.server, namespace, name)));
    stack = await createStack({ links, config: { "certificates:allowTimeTravel": "true" }, program: program() });
    await stack.up({ env: site.env });
  });

  afterAll(async () => {
    await Promise.all((watched ?? []).map((watch) => watch.stop()));
    await site?.stop();
  });

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
    expect((await site.server.get(path("networking.k8s.io", "ingresses", "shop"))).spec).toMatchObject({
      tls: [entry],
    });
    expect((await site.server.get(path("networking.k8s.io", "ingresses", "theirs"))).spec).toMatchObject({
      rules: ingressRules,
      tls: [{ hosts: ["web.example"], secretName: "bound-tls" }],
    });
    const listeners = async (name: string) =>
      (await site.server.get(path(gatewayApi, "gateways", name))).spec.listeners;
    const listener = { name: "https-web-example", hostname: "web.example", port: 443, protocol: "HTTPS" };
    expect(await listeners("gateway")).toMatchObject([
      { ...listener, tls: { certificateRefs: [{ name: "gateway-tls" }] } },
    ]);
    expect(await listeners("theirs")).toMatchObject([
      { name: "http" },
      { ...listener, tls: { certificateRefs: [{ name: "shared-tls", namespace: "certificates" }] } },
    ]);
    expect((await site.server.get(path("networking.istio.io", "gateways", "mesh"))).spec).toMatchObject({
      selector: { istio: "ingressgateway" },
      servers: [{ hosts: ["web.example"], tls: { mode: "MUTUAL", credentialName: "mesh-tls" } }],
    });
    expect((await watched.at(-1)!.versions()).at(-1)?.data["ca.crt"]).toBe(root?.certificatePem);
    expect(await counts()).toEqual({ web: 2, db: 2, edge: 2 });
  });

  test("shows no change while nothing is due, before and after a refresh", async () => {
    await stack.preview({ env: site.env, args: ["--expect-no-changes"] });
    await stack.refresh({ env: site.env, args: ["--expect-no-changes"] });
    await stack.preview({ env: site.env, args: ["--expect-no-changes"] });
  });

  const bindings = {
    ...Object.fromEntries(all.map(([name]) => [`${name}-data`, ["~data"]])),
    ...Object.fromEntries(restarted.map(([kind, name]) => [`web-tls-roll-${kind.toLowerCase()}-${name}`, ["~spec"]])),
    own: ["~spec"],
  };

  test("the preview of a rotation shows the certificate, its secrets and the restarts, and nothing else", async () => {
    stack.clock(daysFromNow(62));
    const preview = await stack.preview({ env: site.env });
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
    site.rollouts.fail("Deployment", "site", "web");
    const failed = await stack.up({ env: site.env, fails: true });
    const after = (await outputsByName(stack)).web;
    expect(after?.fingerprintSha256).not.toBe(before?.fingerprintSha256);
    expect((await watched[0]!.versions()).at(-1)?.data["tls.key"]).toBe(after?.privateKeyPem);
    const said = diagnosticsOf(failed.all, "web-tls-roll-deployment-web").join("\n");
    expect(said).toContain(
      "The secret holds the new certificate, but the pods that were started with it did not become ready.",
    );
    expect(said).toContain("kubectl -n site describe deployment/web");

    site.rollouts.mend("Deployment", "site", "web");
    stack.clock();
    const up = await stack.up({ env: site.env });
    expect(changedLines(up.all).map(({ name }) => name)).not.toContain("web");
    expect((await outputsByName(stack)).web?.fingerprintSha256).toBe(after?.fingerprintSha256);
    expect(await counts()).toEqual({ web: 3, db: 3, edge: 3 });
    const podAnnotations = (await site.server.get(path("apps", "deployments", "web"))).spec.template.metadata
      .annotations;
    expect(podAnnotations["web-tls.pulumi-certificates/fingerprint-sha256"]).toBe(after?.fingerprintSha256);
    await stack.preview({ env: site.env, args: ["--expect-no-changes"] });
  });

  test("no version of any secret was without both keys, or with a key of another certificate", async () => {
    for (const watch of watched) {
      const versions = await watch.versions();
      expect(faultsOf(versions)).toEqual([]);
      expect(new Set(versions.map(({ uid }) => uid)).size).toBe(1);
      expect(new Set(versions.map(({ data }) => data["tls.crt"])).size).toBe(2);
    }
  });

  test("what others changed by hand is put right; labels, listeners and names change without a gap", async () => {
    const patch = { data: { "tls.crt": Buffer.from("not a certificate").toString("base64") } };
    const headers = { "content-type": "application/merge-patch+json" };
    await site.server.request(
      "PATCH",
      `/api/v1/namespaces/site/secrets/web-tls?fieldManager=kubectl-edit`,
      patch,
      headers,
    );
    stack.write(
      program(`labels: { tier: "edge" },`)
        .replace('{ hostname: "web.example" }', '{ hostname: "web.example", port: 8443 }')
        .replace('"nginx",', '"nginx", secretName: "renamed",'),
    );
    const renamed = await watchSecret(site.server, "site", "renamed");
    const up = await stack.up({ env: site.env, args: ["--refresh"] });
    const { web } = await outputsByName(stack);
    expect((await watched[0]!.versions()).at(-1)).toMatchObject({
      labels: { tier: "edge", "pulumi-certificates/owner-team": "payments" },
      data: { "tls.crt": web?.certificatePem, "tls.key": web?.privateKeyPem },
    });
    expect(changedLines(up.all).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["web-tls", "web-tls-data", "shared"]),
    );
    expect((await site.server.get(path(gatewayApi, "gateways", "theirs"))).spec.listeners).toMatchObject([
      { name: "http", port: 80 },
      { name: "https-web-example", port: 8443 },
    ]);
    const [first] = await renamed.versions();
    const gone = (await watched[1]!.versions()).at(-1);
    expect((await site.server.get(path("networking.k8s.io", "ingresses", "shop"))).spec.tls).toMatchObject([
      { secretName: "renamed" },
    ]);
    expect(gone?.event).toBe("DELETED");
    expect(Number(first?.resourceVersion)).toBeLessThan(Number(gone?.resourceVersion));
    watched.push(renamed);
    await stack.preview({ env: site.env, args: ["--expect-no-changes"] });
  });

  test("no private key is in what was printed, nor in clear in the state", async () => {
    const { web } = await outputsByName(stack);
    const keys = [web?.privateKeyPem, ...(await watched[0]!.versions()).map(({ data }) => data["tls.key"])] as string[];
    const text = stack.printed() + stack.stateFile();
    for (const key of keys) {
      expect(text).not.toContain(key.split("\n")[1]);
      expect(text).not.toContain(Buffer.from(key).toString("base64").slice(60, 120));
    }
  });

  test("deleting it deletes what it created, leaves what is of others, and restarts nothing", async () => {
    const before = await counts();
    await stack.destroy({ env: site.env });
    expect(await counts()).toEqual(before);
    for (const watch of watched) expect((await watch.versions()).at(-1)?.event).toBe("DELETED");
    expect((await site.server.get(path("networking.k8s.io", "ingresses", "theirs"))).spec).toEqual({
      rules: ingressRules,
    });
    expect((await site.server.get(path(gatewayApi, "gateways", "theirs"))).spec.listeners).toMatchObject([
      { name: "http" },
    ]);
    expect((await site.server.request("GET", path("networking.k8s.io", "ingresses", "shop"))).status).toBe(404);
  });
});
