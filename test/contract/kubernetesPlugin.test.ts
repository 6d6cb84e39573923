import { join } from "node:path";
import { changedLines, createStack, type Stack } from "../support/engine";
import { type ApiServer, startApiServer } from "../support/kubernetes/apiServer";
import { type SecretWatch, watchSecret } from "../support/kubernetes/watch";
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
      expect((await stack.exportState()).deployment.resources.map(({ id }) => id).slice(-2)).toEqual(["rotating/tls", "rotating/tls"]);
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
      expect(versions.map(({ data }) => data["tls.key"])).not.toContain("first".repeat(2));
      stack.write(rotating(base64("third"), "two"));
      await stack.up({ env });
      stack.write(rotating(base64("third"), "three"));
      await stack.up({ env });
      expect((await watch.versions()).at(-1)).toMatchObject({ labels: { step: "three" }, data: { "tls.key": "third" } });
    });

    test("is refreshed without a change", async () => {
      const previewed = await stack.preview({ env, args: ["--refresh"] });
      console.log(previewed.all);
      const refreshed = await stack.refresh({ env });
      console.log(refreshed.all);
      const diffed = await stack.run(["refresh", "--yes", "--skip-preview", "--diff"], { env });
      console.log(diffed.all);
      await stack.preview({ env, args: ["--expect-no-changes"] });
    });

    test("is deleted with its base", async () => {
      await stack.destroy({ env });
      expect((await server.request("GET", "/api/v1/namespaces/rotating/secrets/tls")).status).toBe(404);
    });
  });
});
