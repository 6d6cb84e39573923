// Puts a Pulumi CLI into the cache: the official bundle, or one built from its Go modules where that download is refused.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachePath } from "./cache.mjs";
import { exec, findOnPath, step } from "./exec.mjs";

export const pulumiVersion = "3.259.0";
/** PULUMI_HOME of a CLI that the tools provide. */
export const pulumiHome = cachePath("pulumi");
/** Where the official npm package and the Automation API look for a version. */
export const versionFolder = (home) => join(home, "versions", pulumiVersion, "bin");

const tools = dirname(fileURLToPath(import.meta.url));
const probe = "https://get.pulumi.com/install.sh";

/** Downloads the official bundle with the official npm package `pulumi`; gives up in seconds where that is refused. */
export async function downloadPulumi() {
  const refused = (why) => new Error(`the official bundle cannot be downloaded: ${probe}: ${why}`);
  const response = await fetch(probe, { signal: AbortSignal.timeout(10_000) }).catch((error) => {
    throw refused(error.cause?.message ?? error.message);
  });
  if (!response.ok) throw refused(`HTTP status ${response.status}`);
  await staged(async (home) => {
    const env = { PULUMI_HOME: home };
    await step(`Downloading the Pulumi CLI ${pulumiVersion}`, () =>
      exec("npx", ["--yes", `pulumi@${pulumiVersion}`, "version"], { env, timeoutMs: 300_000 }),
    );
  });
}

/** Builds the CLI from its Go modules and puts stand-ins for the rest of the bundle beside it. */
export async function buildPulumi() {
  if (!findOnPath("go")) throw new Error("it cannot be built from its Go modules: there is no go on PATH");
  const source = dirname(cachePath("gobuild", "pulumi", "go.mod"));
  const cli = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`;
  await staged(async (home) => {
    const bin = versionFolder(home);
    mkdirSync(bin, { recursive: true });
    const go = (...args) => exec("go", args, { cwd: source });
    await step(`Building the Pulumi CLI ${pulumiVersion} from its Go modules (some 5 minutes, once)`, async () => {
      if (!existsSync(join(source, "go.mod"))) await go("mod", "init", "clibuild");
      await go("get", `${cli}@v${pulumiVersion}`);
      await go("build", "-ldflags", flags, "-o", join(bin, "pulumi"), cli);
    });
    writeFileSync(join(bin, builtMark), "");
    refreshStandIns(bin);
  });
}

/** Marks a CLI that was built here. Only beside such a one are stand-ins installed. */
const builtMark = ".built-from-go-modules";

/** Brings the stand-ins beside a built CLI up to date; leaves an official bundle alone. */
export function refreshStandIns(bin) {
  if (!existsSync(join(bin, builtMark))) return;
  const files = {
    "pulumi-language-nodejs": join(tools, "languageHost.cjs"),
    "pulumi-resource-pulumi-nodejs": join(tools, "dynamicProvider.sh"),
  };
  for (const [name, source] of Object.entries(files)) {
    const target = join(bin, name);
    if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) continue;
    const staging = `${target}.${process.pid}`;
    copyFileSync(source, staging);
    chmodSync(staging, 0o755);
    renameSync(staging, target);
  }
}

/** Runs `provide` with a Pulumi home of its own and moves the version it put there into place when it is complete. */
async function staged(provide) {
  const staging = cachePath(`pulumi.staging-${process.pid}`);
  try {
    await provide(staging);
    const target = dirname(versionFolder(pulumiHome));
    mkdirSync(dirname(target), { recursive: true });
    rmSync(target, { recursive: true, force: true });
    renameSync(dirname(versionFolder(staging)), target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
