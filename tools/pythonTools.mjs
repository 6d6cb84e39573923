// Provides programs from PyPI, each in a virtual environment of its own in the cache.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable } from "./exec.mjs";
import { provideOnce, ToolMissing } from "./provideOnce.mjs";

/**
 * The path of a program, installed if it is not there.
 *
 * @param {string} name of the program
 * @param {string} folder a name for what is installed, with its version
 * @param {string[]} requirements what pip is to install
 */
export async function ensurePythonTool(name, folder, requirements) {
  const root = cachePath("python", folder);
  const path = join(root, "bin", name);
  if (!isExecutable(path)) await withLock(folder, () => provideOnce(path, folder, () => install(root, requirements)));
  return path;
}

async function install(root, requirements) {
  const python = findOnPath("python3");
  if (!python)
    throw new ToolMissing(
      `${requirements[0]} cannot be installed: there is no python3 on PATH. Install Python 3.9 or later.`,
    );
  rmSync(root, { recursive: true, force: true });
  await exec(python, ["-m", "venv", root], { timeoutMs: 120_000 });
  const options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await exec(join(root, "bin", "python"), [...options, ...requirements], { timeoutMs: 300_000 });
}
