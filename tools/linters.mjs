// Provides the two linters of certificates: zlint (Go) and pkilint (Python). `node tools/linters.mjs` prints their paths.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable, main } from "./exec.mjs";
import { ensureGoTool } from "./goTools.mjs";
import { printProvided, provideOnce, ToolMissing } from "./provideOnce.mjs";

const zlintVersion = "3.6.1";
const pkilintVersion = "0.13.3";

/**
 * The paths of both linters' commands, installed into the cache if they are not there.
 *
 * @returns {Promise<{ zlint: string, pkilint: string }>}
 */
export async function ensureLinters() {
  const zlint = await ensureGoTool("zlint", "github.com/zmap/zlint/v3/cmd/zlint", zlintVersion);
  const pkilint = cachePath("linters", `pkilint-${pkilintVersion}`, "bin", "lint_pkix_cert");
  if (!isExecutable(pkilint)) await withLock("pkilint", () => provideOnce(pkilint, "pkilint", installPkilint));
  return { zlint, pkilint };
}

async function installPkilint(path) {
  const python = findOnPath("python3");
  if (!python)
    throw new ToolMissing("pkilint cannot be installed: there is no python3 on PATH. Install Python 3.9 or later.");
  const folder = dirname(dirname(path));
  rmSync(folder, { recursive: true, force: true });
  await exec(python, ["-m", "venv", folder], { timeoutMs: 120_000 });
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `pkilint==${pkilintVersion}`];
  await exec(join(folder, "bin", "python"), install, { timeoutMs: 300_000 });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureLinters));
