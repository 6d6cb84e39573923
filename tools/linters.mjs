// Provides the two linters of certificates: zlint (Go) and pkilint (Python). `node tools/linters.mjs` prints their paths.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cachePath, withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable, main, step } from "./exec.mjs";

const zlintVersion = "3.6.1";
const pkilintVersion = "0.13.3";

/** What a linter cannot be provided without is missing on this machine; installing it would help. */
export class ToolMissing extends Error {}

/**
 * The paths of both linters' commands, installed into the cache if they are not there.
 *
 * @returns {Promise<{ zlint: string, pkilint: string }>}
 */
export async function ensureLinters() {
  const zlint = cachePath("linters", `zlint-${zlintVersion}`, "zlint");
  const pkilint = cachePath("linters", `pkilint-${pkilintVersion}`, "bin", "lint_pkix_cert");
  if (!isExecutable(zlint)) await withLock("zlint", () => provide(zlint, "zlint", buildZlint));
  if (!isExecutable(pkilint)) await withLock("pkilint", () => provide(pkilint, "pkilint", installPkilint));
  return { zlint, pkilint };
}

/** Runs an installation, a second time if the first fails: both go over the network. */
async function provide(path, name, install) {
  if (isExecutable(path)) return;
  await step(`install ${name}`, async () => {
    try {
      await install(path);
    } catch (error) {
      if (error instanceof ToolMissing) throw error;
      process.stderr.write(`  once more: ${error.message}\n`);
      await install(path);
    }
  });
  if (!isExecutable(path)) throw new Error(`${name} was installed, but there is no ${path}.`);
}

async function buildZlint(path) {
  const go = findOnPath("go");
  if (!go) throw new ToolMissing("zlint cannot be built: there is no go on PATH. Install Go 1.23 or later.");
  const folder = join(dirname(path), "module");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go.mod"), "module linters\n\ngo 1.23\n");
  const options = { cwd: folder, env: { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" }, timeoutMs: 300_000 };
  await exec(go, ["get", `github.com/zmap/zlint/v3/cmd/zlint@v${zlintVersion}`], options);
  const flags = ["-trimpath", "-ldflags=-s -w"];
  await exec(go, ["build", ...flags, "-o", path, "github.com/zmap/zlint/v3/cmd/zlint"], options);
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

/** The exit code that tells what is missing from what failed. */
export const toolMissingCode = 3;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(async () => {
    try {
      process.stdout.write(`${JSON.stringify(await ensureLinters())}\n`);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = toolMissingCode;
    }
  });
