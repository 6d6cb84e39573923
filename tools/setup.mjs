// What must be there before anything of this repository can run: its npm packages and its compiled sources.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./cache.mjs";
import { exec, step } from "./exec.mjs";

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const inRepository = (...parts) => join(repository, ...parts);
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
/** Two clones do not wait for each other. */
const lockName = (what) => `${what}-${sha256(repository).slice(0, 12)}`;

/** Runs `npm ci` unless the installed packages are those of package-lock.json. */
export async function ensureDependencies() {
  if (dependenciesAreCurrent()) return;
  await withLock(lockName("npm"), async () => {
    if (dependenciesAreCurrent()) return;
    await step("Installing the npm packages", () =>
      exec("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: repository }),
    );
  });
}

/** Compares the versions npm wrote into node_modules with those of package-lock.json. */
function dependenciesAreCurrent() {
  const hidden = inRepository("node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(inRepository("package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || entry.link || installed[path]?.version === entry.version,
  );
}

/** Compiles the sources unless dist was compiled from exactly these. */
export async function ensureBuild() {
  if (buildIsCurrent()) return;
  await withLock(lockName("build"), async () => {
    if (!buildIsCurrent()) await compile();
  });
}

/** Compiles the sources into a fresh dist. Until that has succeeded the previous dist stays as it is. */
export async function build() {
  await withLock(lockName("build"), compile);
}

const stampFile = inRepository(".cache", "build.sha256");

function buildIsCurrent() {
  if (!existsSync(inRepository("dist")) || !existsSync(stampFile)) return false;
  return readFileSync(stampFile, "utf8") === fingerprint();
}

async function compile() {
  const before = fingerprint();
  const staging = inRepository(".cache", `dist-${process.pid}`);
  const previous = `${staging}.previous`;
  mkdirSync(dirname(staging), { recursive: true });
  try {
    const tsc = inRepository("node_modules", "typescript", "bin", "tsc");
    await step("Compiling the sources", () =>
      exec(process.execPath, [tsc, "-p", "tsconfig.json", "--outDir", staging], { cwd: repository }),
    );
    if (existsSync(inRepository("dist"))) renameSync(inRepository("dist"), previous);
    renameSync(staging, inRepository("dist"));
    writeFileSync(stampFile, before);
  } finally {
    for (const folder of [staging, previous]) rmSync(folder, { recursive: true, force: true });
  }
}

/** A digest of everything the compiled output depends on. */
function fingerprint() {
  const sources = ["sdk", "components", "cli"]
    .flatMap((folder) => readdirSync(inRepository(folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const files = [...sources, ...["tsconfig.json", "package-lock.json"].map((name) => inRepository(name))];
  return sha256(files.map((file) => `${file}\0${sha256(readFileSync(file))}`).join("\n"));
}
