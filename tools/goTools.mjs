// Builds the Go programs that tests run into the cache.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable } from "./exec.mjs";
import { provideOnce, ToolMissing } from "./provideOnce.mjs";

const goVersion = "1.24";

/**
 * The path of a Go command, built into the cache if it is not there.
 *
 * @param {string} name how the program is called
 * @param {string} goPackage its import path; with `build.main` that of a module
 * @param {string} version of its module, without `v`
 * @param {object} [build]
 * @param {string} [build.main] the path of a Go file to build with the module, where the command is not part of it
 * @param {() => Promise<Record<string, string>>} [build.replacements] what its own go.mod replaces: module → version
 * @param {Record<string, string>} [build.variables] that the linker sets, such as its version
 * @param {number} [build.timeoutMs] of the compilation
 * @returns {Promise<string>}
 */
export async function ensureGoTool(name, goPackage, version, build = {}) {
  const own = build.main === undefined ? "" : `-${fingerprint(build.main)}`;
  const path = cachePath("go", `${name}-${version}${own}`, name);
  if (!isExecutable(path))
    await withLock(name, () => provideOnce(path, name, () => buildGoTool(path, name, goPackage, version, build)));
  return path;
}

const fingerprint = (file) => createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);

async function buildGoTool(path, name, goPackage, version, build) {
  const { main, replacements, variables = {}, timeoutMs = 300_000 } = build;
  const go = findGo(name);
  const folder = join(dirname(path), "module");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const replaced = Object.entries((await replacements?.()) ?? {});
  const lines = replaced.map(([module, instead]) => `replace ${module} => ${module} ${instead}\n`);
  writeFileSync(join(folder, "go.mod"), `module tools\n\ngo ${goVersion}\n\n${lines.join("")}`);
  const options = { cwd: folder, env: { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" } };
  const flags = ["-s", "-w", ...Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`)];
  await exec(go, ["get", `${goPackage}@v${version}`], { ...options, timeoutMs: 300_000 });
  if (main !== undefined) copyFileSync(main, join(folder, "main.go"));
  const built = main === undefined ? goPackage : ".";
  await exec(go, ["build", "-trimpath", `-ldflags=${flags.join(" ")}`, "-o", path, built], { ...options, timeoutMs });
}

/**
 * Downloads a Go module, which can carry more than Go: where its files and its go.mod are.
 *
 * @param {string} module its path
 * @param {string} version without `v`
 * @returns {Promise<{ Dir: string, GoMod: string }>}
 */
export async function downloadGoModule(module, version) {
  const args = ["mod", "download", "-json", `${module}@v${version}`];
  const options = { env: { GOFLAGS: "-mod=mod", GOWORK: "off" }, timeoutMs: 120_000 };
  return JSON.parse(await exec(findGo(module), args, options));
}

function findGo(name) {
  const go = findOnPath("go");
  if (!go) throw new ToolMissing(`${name} cannot be built: there is no go on PATH. Install Go ${goVersion} or later.`);
  return go;
}
