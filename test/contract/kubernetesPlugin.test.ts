import { join } from "node:path";
import { changedLines, createStack, resourceCounts, type Stack } from "../support/engine";
import { type ApiServer, startApiServer } from "../support/kubernetes/apiServer";
import { installCrds } from "../support/kubernetes/crds";
import { runRollouts } from "../support/kubernetes/rollouts";
import { type SecretWatch, watchSecret } from "../support/kubernetes/watch";
import { closedPort } from "../support/openServers";
import { kubernetesPlugin } from "../support/plugins/kubernetes/kubernetesPlugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { repository } from "../support/provide";
import { needs } from "../support/requirements";

const links = { "@pulumi/kubernetes": join(repository, "node_modules/@pulumi/kubernetes") };

/** The base secret of a component, and the Patch that carries its data from then on. */
const rotating = (value: string, label: string) => `
  const pulumi = require("@pulumi/pulumi");
  const k8s = require("@pulumi/kubernetes");
  const provider = new k8s.Provider("cluster", { kubeconfig: process.env.KUBECONFIG_TEXT, namespace: "rotating" });
  const data = { "tls.key": pulumi.secret(${value}) };
  const metadata = { name: "tls", labels: { step: "${label}" } };
  const base = new k8s.core.v1.Secret("base", { metadata, data }, { provider, ignoreChanges: ["data"] });
  new k8s.core.v1.SecretPatch("data", {
    metadata: { name: base.metadata.name, annotations: { "pulumi.com/patchForce": "true" } },
    data,
  }, { provider, retainOnDelete: true, dependsOn: base });
`;

function deploymentOf(name: string) {
  const app = { app: name };
  const template = { metadata: { labels: app }, spec: { containers: [{ name, image: `${name}:1` }] } };
  const metadata = { name, namespace: "named" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { replicas: 2, selector: { matchLabels: app }, template },
  };
}

const base64 = (text: string) => `"${Buffer.from(text).toString("base64")}"`;

needs("kube-apiserver").describe("the stand-in for the Kubernetes provider, on a real API server", () => {
  let server: ApiServer;
  let plugins: Plugins;
  let env: Record<string, string>;

  beforeAll(async () => {
    server = await startApiServer();
    plugins = await startPlugins({ kubernetes: kubernetesPlugin({ defaultTimeout: 10 }) });
    env = { ...plugins.env, KUBECONFIG_TEXT: server.kubeconfig() };
    for (const name of ["rotating", "named"]) await server.createNamespace(name);
  }, 120_000);

  afterAll(async () => {
    await plugins?.stop();
    await server?.stop();
  });

  describe("a secret whose data a Patch carries", () => {
    let stack: Stack;
    let watch: SecretWatch;

    beforeAll(async () => {
      stack = await createStack({ program: rotating(base64("first"), "one"), links });
      watch = await watchSecret(server, "rotating", "tls");
    });

    afterAll(() => watch.stop());

    test("is created, with its data secret in the state", async () => {
      await stack.up({ env });
      expect((await stack.exportState()).deployment.resources.map(({ id }) => id).slice(-2)).toEqual([
        "rotating/tls",
        "rotating/tls",
      ]);
      expect(stack.stateFile()).not.toContain(Buffer.from("first").toString("base64"));
      expect(changedLines((await stack.preview({ env, args: ["--expect-no-changes"] })).all)).toEqual([]);
    });

    test("rotates in place: neither is it absent for a moment, nor does its base change", async () => {
      stack.write(rotating(base64("second"), "one"));
      const preview = await stack.preview({ env });
      expect(changedLines(preview.all)).toMatchObject([{ op: "update", name: "data", diff: ["~data"] }]);
      await stack.up({ env });
      const versions = await watch.versions();
      expect(versions.map(({ event }) => event)).not.toContain("DELETED");
      expect(new Set(versions.map(({ uid }) => uid)).size).toBe(1);
      expect(versions.at(-1)!.data).toEqual({ "tls.key": "second" });
      await stack.preview({ env, args: ["--expect-no-changes"] });
    });

    test("shows no change in a refresh after that: what the base has in the state is old, and ignored", async () => {
      const previewed = await stack.preview({ env, args: ["--refresh"] });
      expect(resourceCounts(previewed.all)).toEqual({ unchanged: 4 });
      expect(resourceCounts((await stack.refresh({ env })).all)).toEqual({ unchanged: 4 });
      await stack.preview({ env, args: ["--expect-no-changes"] });
    });

    test("shows only the Patch in a preview that does not know the data", async () => {
      stack.write(rotating("pulumi.output(pulumi.unknown)", "one"));
      const preview = await stack.preview({ env });
      expect(changedLines(preview.all)).toMatchObject([{ op: "update", name: "data" }]);
    });

    test("keeps its data when a label of the base changes", async () => {
      stack.write(rotating(base64("second"), "two"));
      const preview = await stack.preview({ env });
      expect(changedLines(preview.all)).toMatchObject([{ op: "update", name: "base", diff: ["~metadata"] }]);
      await stack.up({ env });
      const versions = await watch.versions();
      expect(versions.at(-1)).toMatchObject({ labels: { step: "two" }, data: { "tls.key": "second" } });
      const values = versions.map(({ data }) => data["tls.key"]);
      expect(values.slice(values.indexOf("second"))).not.toContain("first");
      stack.write(rotating(base64("third"), "three"));
      await stack.up({ env });
      expect((await watch.versions()).at(-1)).toMatchObject({
        labels: { step: "three" },
        data: { "tls.key": "third" },
      });
    });

    test("is deleted with its base", async () => {
      await stack.destroy({ env });
      expect((await server.request("GET", "/api/v1/namespaces/rotating/secrets/tls")).status).toBe(404);
    });
  });

  test("a change of data deletes a named secret first, creates an unnamed one first, and changes a mutable one", async () => {
    const program = (value: string) => `
      const k8s = require("@pulumi/kubernetes");
      const cluster = { kubeconfig: process.env.KUBECONFIG_TEXT, namespace: "named" };
      const provider = new k8s.Provider("cluster", cluster);
      const mutable = new k8s.Provider("mutable", { ...cluster, enableSecretMutable: true, enableServerSideApply: false });
      const stringData = { key: "${value}" };
      new k8s.core.v1.Secret("named", { metadata: { name: "named" }, stringData }, { provider });
      new k8s.core.v1.Secret("unnamed", { stringData }, { provider });
      new k8s.core.v1.Secret("mutable", { metadata: { name: "mutable" }, stringData }, { provider: mutable });
    `;
    const stack = await createStack({ program: program("first"), links });
    await stack.up({ env });
    const named = await watchSecret(server, "named", "named");
    const changeable = await watchSecret(server, "named", "mutable");
    await stack.preview({ env, args: ["--expect-no-changes"] });
    const before = await stack.resource("unnamed");
    stack.write(program("second"));
    const preview = await stack.preview({ env });
    const changed = Object.fromEntries(changedLines(preview.all).map(({ name, op }) => [name, op]));
    // The last of the steps of a replacement.
    expect(changed).toEqual({ named: "create-replacement", unnamed: "delete-replaced", mutable: "update" });
    await stack.up({ env });
    const events = async (watch: SecretWatch) => (await watch.versions()).map(({ event }) => event);
    expect(await events(named)).toEqual(["ADDED", "DELETED", "ADDED"]);
    expect(await events(changeable)).toEqual(["ADDED", "MODIFIED"]);
    expect((await stack.resource("unnamed")).metadata.name).not.toBe(before["metadata"].name);
    await Promise.all([named.stop(), changeable.stop()]);
    await stack.destroy({ env });
  });

  test("an object that is there is not taken over, unless it is told to; a Patch conflicts, unless it forces", async () => {
    const taken = { apiVersion: "v1", kind: "Secret", metadata: { name: "taken", namespace: "named" } };
    await server.apply({ ...taken, type: "Opaque", data: { key: "dGhlaXJz", other: "dGhlaXJz" } });
    const program = (provider: string, kind: string, force: boolean) => `
      const k8s = require("@pulumi/kubernetes");
      const provider = new k8s.Provider("cluster", { kubeconfig: process.env.KUBECONFIG_TEXT, ${provider} });
      const annotations = { "pulumi.com/patchForce": "${force}" };
      new k8s.core.v1.${kind}("${kind}", { metadata: { name: "taken", namespace: "named", annotations }, data: { key: "b3Vycw==" } }, { provider });
    `;
    const stack = await createStack({ program: program("", "Secret", true), links });
    await stack.preview({ env });
    const refused = async (text: string) => {
      stack.write(text);
      return (await stack.up({ env, fails: true })).all;
    };
    expect(await refused(stack.read())).toContain(
      `was not successfully created by the Kubernetes API server: secrets "taken" already exists`,
    );
    const upsert = "upsertExistingObjects: true";
    expect(await refused(program(upsert, "Secret", false))).toMatch(/conflict detected[^]*with "tests"[^]*\.data\.key/);
    expect(await refused(program("", "SecretPatch", false))).toContain(
      "Server-Side Apply field conflict detected. See https://",
    );
    const clientSide = "enableServerSideApply: false";
    expect(await refused(program(clientSide, "SecretPatch", true))).toContain(
      "patch resources require Server-Side Apply mode",
    );
    stack.write(program("", "SecretPatch", true));
    await stack.up({ env });
    const read = async () => (await server.get("/api/v1/namespaces/named/secrets/taken"))["data"];
    expect(await read()).toMatchObject({ key: "b3Vycw==" });
    await stack.destroy({ env });
    expect(Object.keys(await read())).toEqual(["other"]);
  });

  test("several providers in one run, each with the rights of its own kubeconfig; one whose cluster does not answer", async () => {
    const viewer = { name: "viewer", groups: ["viewers"] };
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "restart", namespace: "named" } };
    const apiGroup = "rbac.authorization.k8s.io";
    const rules = [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list", "watch", "patch"] }];
    await server.apply({ ...rbac, kind: "Role", rules });
    const subjects = [{ apiGroup, kind: "User", name: "viewer" }];
    await server.apply({
      ...rbac,
      kind: "RoleBinding",
      roleRef: { apiGroup, kind: "Role", name: "restart" },
      subjects,
    });
    await server.apply(deploymentOf("restarted"));
    const closed = server.kubeconfig().replace(server.url, `https://127.0.0.1:${await closedPort()}`);
    const clusters = { ...env, VIEWER: server.kubeconfig(viewer), CLOSED: closed };
    const program = (more = "") => `
      const k8s = require("@pulumi/kubernetes");
      const clusters = Object.fromEntries(["KUBECONFIG_TEXT", "VIEWER", "CLOSED"].map((name) =>
        [name, new k8s.Provider(name, { kubeconfig: process.env[name], namespace: "named" })]));
      const on = (cluster) => ({ provider: clusters[cluster] });
      new k8s.core.v1.ConfigMap("mine", { data: { key: "value" } }, on("KUBECONFIG_TEXT"));
      ${more}
    `;
    const stack = await createStack({ program: program(), links });
    await stack.up({ env: clusters });
    const others = ["VIEWER", "CLOSED"].map(
      (name) => `new k8s.core.v1.ConfigMap("${name}", { data: {} }, on("${name}"));`,
    );
    const patch = `new k8s.apps.v1.DeploymentPatch("restart", { metadata: { name: "restarted" }, spec: { paused: true } }, on("VIEWER"));`;
    stack.write(program([...others, patch].join("\n")));
    await stack.preview({ env: clusters });
    const failed = await stack.up({ env: clusters, fails: true, args: ["--continue-on-error"] });
    expect(failed.all).toContain(
      `configmaps is forbidden: User "viewer" cannot create resource "configmaps" in API group "" in the namespace "named"`,
    );
    expect(failed.all).toContain(
      "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: ",
    );
    expect(failed.all).toContain(`replicasets.apps is forbidden: User "viewer" cannot list resource "replicasets"`);
    const { metadata } = await stack.resource("mine");
    await server.request("DELETE", `/api/v1/namespaces/named/configmaps/${metadata.name}`);
    stack.write(program());
    expect(resourceCounts((await stack.refresh({ env: clusters })).all)).toMatchObject({ delete: 1 });
    await stack.destroy({ env: clusters });
  });

  test("a rollout is waited for; one that gets stuck is recorded as it is, and the next run waits on", async () => {
    const rollouts = await runRollouts(server);
    await server.apply(deploymentOf("web"));
    const program = (fingerprint: string) => `
      const k8s = require("@pulumi/kubernetes");
      const provider = new k8s.Provider("cluster", { kubeconfig: process.env.KUBECONFIG_TEXT, namespace: "named" });
      const template = { metadata: { annotations: { fingerprint: "${fingerprint}" } } };
      new k8s.apps.v1.DeploymentPatch("roll", { metadata: { name: "web" }, spec: { template } },
        { provider, retainOnDelete: true, customTimeouts: { update: "2s" } });
    `;
    const stack = await createStack({ program: program("one"), links });
    await stack.up({ env });
    expect(rollouts.count("Deployment", "named", "web")).toBe(2);
    expect((await stack.resource("roll"))["status"]).toMatchObject({ updatedReplicas: 2 });
    await stack.preview({ env, args: ["--expect-no-changes"] });
    rollouts.fail("Deployment", "named", "web");
    stack.write(program("two"));
    const stuck = await stack.up({ env, fails: true });
    expect(stuck.all).toContain(
      `"named/web" failed to fully initialize or become live: 'web' timed out waiting to be Ready`,
    );
    expect(stuck.all).toContain("[ProgressDeadlineExceeded]");
    rollouts.mend("Deployment", "named", "web");
    await stack.up({ env });
    expect(rollouts.count("Deployment", "named", "web")).toBe(3);
    await stack.destroy({ env });
    expect(
      (await server.get("/apis/apps/v1/namespaces/named/deployments/web"))["spec"].template.metadata.annotations,
    ).toEqual({ fingerprint: "two" });
    await rollouts.stop();
  });

  test("kinds of definitions, of the cluster and of namespaces; an Ingress is waited for unless that is skipped", async () => {
    await installCrds(server, "gateway-api");
    const program = (skip: boolean, more = "") => `
      const k8s = require("@pulumi/kubernetes");
      const provider = new k8s.Provider("cluster", { kubeconfig: process.env.KUBECONFIG_TEXT, namespace: "named" });
      const gateways = "gateway.networking.k8s.io/v1";
      const gatewayClass = new k8s.apiextensions.CustomResource("class",
        { apiVersion: gateways, kind: "GatewayClass", metadata: { name: "class" }, spec: { controllerName: "example.com/none" } }, { provider });
      const listeners = [{ name: "https", port: 443, protocol: "HTTPS", tls: { certificateRefs: [{ name: "tls" }] } }];
      new k8s.apiextensions.CustomResource("gateway", { apiVersion: gateways, kind: "Gateway", metadata: { name: "gateway" },
        spec: { gatewayClassName: gatewayClass.metadata.name, listeners } }, { provider });
      const annotations = { "pulumi.com/skipAwait": "${skip}" };
      new k8s.networking.v1.Ingress("ingress", { metadata: { name: "ingress", annotations }, spec: { tls: [{ hosts: ["a.example"], secretName: "tls" }],
        rules: [{ host: "a.example" }] } }, { provider, customTimeouts: { create: "1s", update: "1s" } });
      ${more}
    `;
    const stack = await createStack({
      program: program(true, `exports.phase = k8s.core.v1.Namespace.get("found", "named", { provider }).status.phase;`),
      links,
    });
    await stack.up({ env });
    expect(await stack.outputs()).toEqual({ phase: "Active" });
    expect((await stack.exportState()).deployment.resources.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["class", "named/gateway", "named/ingress"]),
    );
    expect(resourceCounts((await stack.refresh({ env })).all)).toEqual({ unchanged: 6 });
    stack.write(
      program(
        false,
        `new k8s.apiextensions.CustomResource("none", { apiVersion: "none.example/v1", kind: "None", metadata: { name: "none" } }, { provider });`,
      ),
    );
    const failed = await stack.up({ env, fails: true, args: ["--continue-on-error"] });
    expect(failed.all).toContain("Ingress .status.loadBalancer field was not updated with a hostname/IP address.");
    expect(failed.all).toContain(`no matches for kind "None" in version "none.example/v1"`);
    await stack.destroy({ env });
  });
});
