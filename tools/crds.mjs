// Provides the custom resource definitions of other projects, which their Go modules carry: `node tools/crds.mjs`
// prints their paths.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cachePath, withLock } from "./cache.mjs";
import { main, step } from "./exec.mjs";
import { downloadGoModule } from "./goTools.mjs";
import { printProvided, ToolMissing } from "./provideOnce.mjs";

export const certManagerVersion = "1.21.2";

/** Name → the module, its version, and where in it the definitions stand: a file, or all of a folder. */
const projects = {
  "gateway-api-crds": ["sigs.k8s.io/gateway-api", "1.4.1", "config/crd/standard"],
  "istio-crds": ["istio.io/api", "1.31.1", "kubernetes/customresourcedefinitions.gen.yaml"],
  "cert-manager-crds": ["github.com/cert-manager/cert-manager", certManagerVersion, "deploy/crds"],
};

/**
 * The paths of the definitions, one file of YAML documents for each project, downloaded if they are not there.
 *
 * @returns {Promise<Record<keyof typeof projects, string>>}
 */
export async function ensureCrds() {
  const paths = {};
  for (const [name, [module, version, within]] of Object.entries(projects)) {
    paths[name] = cachePath("crds", `${name}-${version}.yaml`);
    if (!existsSync(paths[name])) await withLock(name, () => download(name, paths[name], module, version, within));
  }
  return paths;
}

async function download(name, path, module, version, within) {
  const { Dir } = await step(`Fetching ${name}`, () =>
    downloadGoModule(module, version).catch((error) => {
      if (error instanceof ToolMissing) throw error;
      process.stderr.write(`  once more: ${error.message}\n`);
      return downloadGoModule(module, version);
    }),
  );
  const found = join(Dir, within);
  const files = within.endsWith(".yaml")
    ? [found]
    : readdirSync(found)
        .filter((file) => file.endsWith(".yaml"))
        .map((file) => join(found, file));
  writeFileSync(`${path}.part`, files.map((file) => readFileSync(file, "utf8")).join("\n---\n"));
  renameSync(`${path}.part`, path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureCrds));
