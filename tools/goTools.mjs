// Builds the Go programs that tests run into the cache.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable } from "./exec.mjs";
import { provideOnce, ToolMissing } from "./provideOnce.mjs";

const goVersion = "1.24";

/**
 * The path of a Go command, built into the cache if it is not there.
 *
 * @param {string} name how the program is called
 * @param {string} goPackage its import path
 * @param {string} version of its module, without `v`
 * @returns {Promise<string>}
 */
export async function ensureGoTool(name, goPackage, version) {
  const path = cachePath("go", `${name}-${version}`, name);
  if (!isExecutable(path))
    await withLock(name, () => provideOnce(path, name, () => buildGoTool(path, name, goPackage, version)));
  return path;
}

async function buildGoTool(path, name, goPackage, version) {
  const go = findOnPath("go");
  if (!go) throw new ToolMissing(`${name} cannot be built: there is no go on PATH. Install Go ${goVersion} or later.`);
  const folder = join(dirname(path), "module");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go.mod"), `module tools\n\ngo ${goVersion}\n`);
  const options = { cwd: folder, env: { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" }, timeoutMs: 300_000 };
  await exec(go, ["get", `${goPackage}@v${version}`], options);
  await exec(go, ["build", "-trimpath", "-ldflags=-s -w", "-o", path, goPackage], options);
}
