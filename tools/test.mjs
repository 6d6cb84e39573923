// `npm test`: sets up what the tests use, then runs them. Arguments go to Jest (`--coverage` takes a third longer):
// `npm test -- --selectProjects unit -t "due"`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureCertManager } from "./certManager.mjs";
import { ensureEnvoy } from "./envoy.mjs";
import { main, step } from "./exec.mjs";
import { ensureKubernetes } from "./kubernetes.mjs";
import { ensureLinters } from "./linters.mjs";
import { ensureMoto } from "./moto.mjs";
import { ensurePebble } from "./pebble.mjs";
import { ensurePulumi } from "./pulumi.mjs";
import { ensureServers } from "./servers.mjs";
import { ensureBuild, ensureDependencies, repository } from "./setup.mjs";

const args = process.argv.slice(2);

await main(async () => {
  await step("Set-up", async () => {
    await ensureDependencies();
    if (onlyUnitTests(args)) return;
    await ensureBuild();
    await ensurePulumi();
    await orSkip(ensureServers);
    await orSkip(ensureLinters);
    await orSkip(ensurePebble);
    await orSkip(ensureMoto);
    await orSkip(ensureEnvoy);
    await orSkip(ensureKubernetes);
    await orSkip(ensureCertManager);
  });
  process.exitCode = await jest(["--maxWorkers=3", ...args]);
});

/** Unit and type tests run on the sources and need nothing but the npm packages. */
function onlyUnitTests(args) {
  const at = args.indexOf("--selectProjects");
  if (at < 0) return false;
  const rest = args.slice(at + 1);
  const end = rest.findIndex((arg) => arg.startsWith("-"));
  return rest.slice(0, end < 0 ? undefined : end).every((name) => ["unit", "types"].includes(name));
}

/** The tests that need what is missing are skipped and say so; a CI run stops here. */
async function orSkip(provide) {
  try {
    await provide();
  } catch (error) {
    if (process.env.CI === "true") throw error;
    process.stderr.write(`  tests that need it will be skipped: ${error.message}\n`);
  }
}

function jest(args) {
  const runner = join(repository, "node_modules", "jest", "bin", "jest.js");
  const child = spawn(process.execPath, [runner, ...args], {
    cwd: repository,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
