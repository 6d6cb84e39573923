// Provides other versions of Node, from the npm package `node`. `node tools/nodes.mjs 24` prints the path of its binary.
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cachePath, withLock } from "./cache.mjs";
import { exec, isExecutable, main, step } from "./exec.mjs";

/**
 * The binary of the newest Node with this major version, as it was when it was first asked for.
 *
 * @returns {Promise<{ command: string }>}
 */
export async function ensureNode(major) {
  if (!/^\d+$/.test(String(major)))
    throw new Error(`Not a major version of Node: ${major}. Expected a number such as 24.`);
  const folder = cachePath("nodes", String(major));
  const command = join(folder, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!isExecutable(command)) {
    await withLock(`node-${major}`, async () => {
      if (!isExecutable(command)) await step(`Fetching Node ${major}`, () => install(major, folder));
    });
  }
  return { command };
}

async function install(major, folder) {
  const staging = `${folder}.${process.pid}`;
  try {
    mkdirSync(staging, { recursive: true });
    // The package's install script puts the binary for this platform into place.
    const flags = ["--no-save", "--no-package-lock", "--ignore-scripts=false", "--no-fund", "--no-audit"];
    const fetch = () =>
      exec("npm", ["install", "--prefix", staging, ...flags, `node@${major}`], { timeoutMs: 300_000 });
    await fetch().catch(fetch); // once more: it goes over the network
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(async () => {
    const { command } = await ensureNode(process.argv[2]);
    process.stdout.write(`${command}\n`);
  });
