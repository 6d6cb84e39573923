// A Pulumi project on a file backend of its own, for measuring whole runs of the real CLI.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../tools/exec.mjs";
import { ensurePulumi } from "../tools/pulumi.mjs";
import { repository } from "../tools/setup.mjs";

const root = mkdtempSync(join(tmpdir(), "certificates-bench-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));

/** Creates a project with a stack; `program` is the text of a CommonJS module. */
export async function createProject(name, program) {
  const pulumi = await ensurePulumi();
  const folder = join(root, name);
  const backend = join(root, "backend");
  mkdirSync(join(folder, "node_modules", "@pulumi"), { recursive: true });
  mkdirSync(backend, { recursive: true });
  symlinkSync(repository, join(folder, "node_modules", "pulumi-certificates"));
  symlinkSync(join(repository, "node_modules", "@pulumi", "pulumi"), join(folder, "node_modules", "@pulumi", "pulumi"));
  const yaml = `name: ${name}\nmain: index.js\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`;
  writeFileSync(join(folder, "Pulumi.yaml"), yaml);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true }));
  writeFileSync(join(folder, "index.js"), program);
  const env = {
    ...pulumi.env,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const run = (args, more = {}) =>
    exec(pulumi.command, [...args, "--stack", "bench", "--non-interactive"], { cwd: folder, env: { ...env, ...more } });
  await run(["stack", "init", "--no-select"]);
  return {
    up: (more) => run(["up", "--yes", "--skip-preview"], more),
    /** An `up` that writes the state only at its end: for preparing a stack that is not itself measured. */
    prepare: () =>
      run(["up", "--yes", "--skip-preview"], { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" }),
    preview: (more) => run(["preview"], more),
    destroy: () => run(["destroy", "--yes", "--skip-preview"]),
    config: (key, value) => run(["config", "set", key, value]),
    exportState: async () => JSON.parse(await run(["stack", "export", "--show-secrets"])).deployment.resources,
  };
}
