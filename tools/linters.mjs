// Provides the two linters of certificates: zlint (Go) and pkilint (Python). `node tools/linters.mjs` prints their paths.
import { pathToFileURL } from "node:url";
import { main } from "./exec.mjs";
import { ensureGoTool } from "./goTools.mjs";
import { printProvided } from "./provideOnce.mjs";
import { ensurePythonTool } from "./pythonTools.mjs";

const zlintVersion = "3.6.1";
const pkilintVersion = "0.13.3";

/**
 * The paths of both linters' commands, installed into the cache if they are not there.
 *
 * @returns {Promise<{ zlint: string, pkilint: string }>}
 */
export async function ensureLinters() {
  const zlint = await ensureGoTool("zlint", "github.com/zmap/zlint/v3/cmd/zlint", zlintVersion);
  const pkilint = await ensurePythonTool("lint_pkix_cert", `pkilint-${pkilintVersion}`, [`pkilint==${pkilintVersion}`]);
  return { zlint, pkilint };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureLinters));
