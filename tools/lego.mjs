// Provides lego, the ACME client that benchmarks measure beside: `node tools/lego.mjs` prints its path. It comes from
// Debian's package, because a build from its sources needs the modules of some hundred DNS services.
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable, main } from "./exec.mjs";
import { printProvided, provideOnce, ToolMissing } from "./provideOnce.mjs";

export const legoVersion = "4.9.1";
const packageVersion = `${legoVersion}-1`; // of Debian 12

/**
 * The path of the command. Fetched into the cache if it is not there.
 *
 * @returns {Promise<{ lego: string }>}
 */
export async function ensureLego() {
  const path = cachePath("debian", `lego-${packageVersion}`, "lego");
  if (!isExecutable(path)) await withLock("lego", () => provideOnce(path, "lego", fetchLego));
  return { lego: path };
}

async function fetchLego(path) {
  if (!findOnPath("apt-get") || !findOnPath("dpkg"))
    throw new ToolMissing("lego cannot be fetched: there is no apt-get on PATH.");
  const folder = join(dirname(path), `fetched.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const wanted = ["download", "-o", "APT::Sandbox::User=", `lego=${packageVersion}`];
    await exec("apt-get", wanted, { cwd: folder, timeoutMs: 120_000 }).catch((error) => {
      throw new ToolMissing(`lego ${packageVersion} cannot be fetched: ${error.message}`);
    });
    const [archive] = readdirSync(folder);
    await exec("dpkg", ["-x", archive, "."], { cwd: folder });
    renameSync(join(folder, "usr", "bin", "lego"), path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureLego));
