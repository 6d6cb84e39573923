// Provides the API server of Kubernetes, built from its Go module, the etcd in which it keeps its objects, and
// definitions of custom resources. `node tools/kubernetes.mjs` prints their paths.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ensureCrds } from "./crds.mjs";
import { findOnPath, main } from "./exec.mjs";
import { downloadGoModule, ensureGoTool } from "./goTools.mjs";
import { printProvided, ToolMissing } from "./provideOnce.mjs";
import { ensureServers } from "./servers.mjs";

const version = "1.36.4";
const goModule = "k8s.io/kubernetes";

/**
 * The paths of both programs and of the definitions, built or fetched into the cache if they are not there.
 *
 * @returns {Promise<{ "kube-apiserver": string, etcd: string } & Record<string, string>>}
 */
export async function ensureKubernetes() {
  return { "kube-apiserver": await ensureApiServer(), etcd: await ensureEtcd(), ...(await ensureCrds()) };
}

async function ensureEtcd() {
  const { etcd } = await ensureServers(["etcd"]).catch((error) => {
    throw findOnPath("apt-get") ? error : new ToolMissing(error.message);
  });
  return etcd;
}

function ensureApiServer() {
  const [major, minor] = version.split(".");
  const versionPackage = "k8s.io/component-base/version";
  return ensureGoTool("kube-apiserver", `${goModule}/cmd/kube-apiserver`, version, {
    replacements: publishedModules,
    variables: {
      [`${versionPackage}.gitVersion`]: `v${version}`,
      [`${versionPackage}.gitMajor`]: major,
      [`${versionPackage}.gitMinor`]: minor,
    },
    timeoutMs: 1_200_000,
  });
}

/** What stands in the folder of Kubernetes has the version v0.0.0 in its go.mod, and is published as v0.MINOR.PATCH. */
async function publishedModules() {
  const { GoMod } = await downloadGoModule(goModule, version);
  const staged = readFileSync(GoMod, "utf8").matchAll(/^\s*(k8s\.io\/[a-z0-9-]+) v0\.0\.0$/gm);
  return Object.fromEntries([...staged].map(([, module]) => [module, `v0.${version.split(".").slice(1).join(".")}`]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureKubernetes));
