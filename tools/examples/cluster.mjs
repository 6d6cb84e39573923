// A cluster of Kubernetes: its real API server, and what plays its controllers and the plugin of its provider.
import { parseAllDocuments } from "yaml";
import { ensureKubernetes } from "../kubernetes.mjs";
import { testSupport } from "./typescript.mjs";

/**
 * @param {{ namespaces: string[], crds?: Record<string, string[]> }} options what is there before the program runs:
 *   namespaces, and kinds of a project that has its own, `{ "gateway-api": ["Gateway"] }`
 */
export async function startCluster({ namespaces, crds = {} }) {
  await ensureKubernetes();
  const { startApiServer } = testSupport("kubernetes/apiServer");
  const { installCrds } = testSupport("kubernetes/crds");
  const { runNetwork } = testSupport("kubernetes/network");
  const { runRollouts } = testSupport("kubernetes/rollouts");
  const { faultsOf, watchSecret } = testSupport("kubernetes/watch");
  const { startPlugins } = testSupport("plugins/pluginServer");
  const { kubernetesPlugin } = testSupport("plugins/kubernetes/kubernetesPlugin");

  const server = await startApiServer();
  const running = [server];
  const stop = async () => {
    for (const one of running.toReversed()) await one.stop();
  };
  try {
    await Promise.all(namespaces.map((name) => server.createNamespace(name)));
    for (const [project, kinds] of Object.entries(crds)) await installCrds(server, project, kinds);
    const rollouts = await runRollouts(server);
    running.push(rollouts, await runNetwork(server));
    const plugins = await startPlugins({ kubernetes: kubernetesPlugin() });
    running.push(plugins);
    return {
      /** Of the engine, so that it uses this cluster's plugin. */
      env: plugins.env,
      /** Of the stack, so that the provider finds this cluster. */
      configuration: { "kubernetes:kubeconfig": server.kubeconfig() },
      /** What others deploy there: manifests, as `kubectl apply` takes them. */
      apply: async (manifests) => {
        for (const manifest of parseAllDocuments(manifests)) await server.apply(manifest.toJS());
      },
      /** An object, by its path. */
      get: (path) => server.get(path),
      /** Whether there is none. */
      isGone: async (path) => (await server.request("GET", path)).status === 404,
      /** How often pods of a workload were made. */
      rollouts: async (kind, namespace, name) => {
        await rollouts.idle();
        return rollouts.count(kind, namespace, name);
      },
      /** Sees every version of a secret from now on. */
      watchSecret: async (namespace, name) => {
        const watch = await watchSecret(server, namespace, name);
        running.push(watch);
        return {
          versions: () => watch.versions(),
          /** Where it was absent, incomplete or had a key of another certificate. */
          faults: async () => faultsOf(await watch.versions()),
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
