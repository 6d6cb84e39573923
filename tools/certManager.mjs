// Provides the controllers of cert-manager, built from its Go module: `node tools/certManager.mjs` prints their path.
import { fileURLToPath, pathToFileURL } from "node:url";
import { certManagerVersion } from "./crds.mjs";
import { main } from "./exec.mjs";
import { ensureGoTool } from "./goTools.mjs";
import { printProvided } from "./provideOnce.mjs";

/**
 * The path of the program, built into the cache if it is not there.
 *
 * @returns {Promise<{ "cert-manager": string }>}
 */
export async function ensureCertManager() {
  const build = { main: fileURLToPath(new URL("certManager/main.go", import.meta.url)), timeoutMs: 1_200_000 };
  const goModule = "github.com/cert-manager/cert-manager";
  return { "cert-manager": await ensureGoTool("cert-manager", goModule, certManagerVersion, build) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureCertManager));
