// Finds the Pulumi CLI, or provides it. `node tools/pulumi.mjs <arguments>` runs it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { withLock } from "./cache.mjs";
import { exec, findOnPath, isExecutable, main } from "./exec.mjs";
import { buildPulumi, downloadPulumi, pulumiHome, refreshStandIns, versionFolder } from "./pulumiInstall.mjs";

/** Resource hooks came with this version. */
const oldestVersion = "3.182.0";

/**
 * The Pulumi CLI: on PATH, else in the Pulumi home or the cache, else by the official npm package `pulumi`, else built
 * from its Go modules. `env` is what a process needs to use it: its folder is first on PATH.
 *
 * @returns {Promise<{ command: string, env: Record<string, string>, version: string, source: string }>}
 */
export async function ensurePulumi() {
  const found = (await onPath()) ?? (await installed());
  if (found) return found;
  return withLock("pulumi", async () => {
    const failures = [];
    for (const provide of [() => {}, downloadPulumi, buildPulumi]) {
      try {
        await provide();
        const pulumi = await installed();
        if (pulumi) return pulumi;
      } catch (error) {
        failures.push(`- ${error.message}`);
      }
    }
    throw new Error(
      `There is no Pulumi CLI ${oldestVersion} or later on PATH, and it could not be provided:\n${failures.join("\n")}\n` +
        "Install it (https://www.pulumi.com/docs/install/), or install Go so that it can be built.",
    );
  });
}

async function onPath() {
  const command = findOnPath("pulumi", pathWithoutNpmBins());
  if (!command) return undefined;
  const version = await versionOf(command);
  if (!isAtLeast(version, oldestVersion)) {
    process.stderr.write(`  ${command} is not used: it has version ${version}, ${oldestVersion} or later is needed\n`);
    return undefined;
  }
  const host = join(dirname(realpathSync(command)), "pulumi-language-nodejs");
  if (!isExecutable(host) && !findOnPath("pulumi-language-nodejs")) {
    process.stderr.write(`  ${command} is not used: there is no pulumi-language-nodejs beside it\n`);
    return undefined;
  }
  return { command, env: {}, version, source: "PATH" };
}

/** In node_modules/.bin stands the npm package `pulumi`, which is no CLI: it fetches one. */
function pathWithoutNpmBins() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.filter((folder) => !folder.endsWith(join("node_modules", ".bin"))).join(delimiter);
}

const defaultHome = join(homedir(), ".pulumi");

/** `npx pulumi` looks in the default Pulumi home only: there it finds what stands in the cache. */
function linkForNpx() {
  const link = dirname(versionFolder(defaultHome));
  if (process.env.PULUMI_HOME || existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true }); // a link that leads nowhere any more
  try {
    symlinkSync(dirname(versionFolder(pulumiHome)), link);
  } catch (error) {
    if (error.code !== "EEXIST") throw error; // another process was faster
  }
}

async function installed() {
  for (const home of [process.env.PULUMI_HOME, pulumiHome, defaultHome].filter(Boolean)) {
    const folder = versionFolder(home);
    const command = join(folder, "pulumi");
    if (!isExecutable(command)) continue;
    refreshStandIns(folder);
    if (home === pulumiHome) linkForNpx();
    if (!isExecutable(join(folder, "pulumi-language-nodejs"))) continue;
    const env = { PULUMI_HOME: home, PATH: [folder, process.env.PATH].join(delimiter) };
    return { command, env, version: await versionOf(command), source: home };
  }
  return undefined;
}

async function versionOf(command) {
  const output = await exec(command, ["version"], { timeoutMs: 20_000, env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? output.trim();
}

function isAtLeast(version, minimum) {
  const [have, need] = [version, minimum].map((text) => text.split(".").map(Number));
  const at = have.findIndex((part, index) => part !== need[index]);
  return at < 0 || have[at] > need[at];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(async () => {
    const { command, env } = await ensurePulumi();
    const child = spawn(command, process.argv.slice(2), { stdio: "inherit", env: { ...process.env, ...env } });
    child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code)));
  });
}
