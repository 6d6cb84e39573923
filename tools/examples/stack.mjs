// Runs the Pulumi CLI on an example, with a state, a login and a configuration that live as long as the trial.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { tellOfInterruption, throwIfInterrupted } from "../quickstart/interruption.mjs";

const name = "trial";

export class TrialStack {
  /** @param pulumi what `ensurePulumi` found @param example its folder @param folder a private one for all that is made */
  constructor(pulumi, example, folder) {
    this.command = pulumi.command;
    this.example = example;
    this.folder = folder;
    this.configFile = join(folder, `Pulumi.${name}.yaml`);
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("PULUMI_"));
    this.env = {
      ...Object.fromEntries(inherited),
      ...pulumi.env,
      TMPDIR: join(folder, "tmp"), // the TypeScript compiler leaves a folder there
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${join(folder, "backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "of a state that is thrown away",
      PULUMI_STACK: name,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_CERTIFICATES_STATE_DIR: join(folder, "orders"),
    };
  }

  /** The CLI writes the stack's configuration beside Pulumi.yaml: a copy of it keeps that out of the example. */
  async init() {
    for (const name of ["backend", "tmp"]) mkdirSync(join(this.folder, name));
    copyFileSync(join(this.example, "Pulumi.yaml"), join(this.folder, "Pulumi.yaml"));
    await this.run(["stack", "init", name, "--no-select"], { cwd: this.folder });
    this.salt = readFileSync(this.configFile, "utf8");
  }

  /** Further variables of every command from now on. */
  use(env) {
    Object.assign(this.env, env);
  }

  /** Sets the whole configuration. What is no text goes in as JSON, as `pulumi config set` would have it. */
  configure(values) {
    const project = basename(this.example);
    const lines = Object.entries(values).map(([key, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return `  ${key.includes(":") ? key : `${project}:${key}`}: ${JSON.stringify(text)}\n`; // JSON is YAML
    });
    writeFileSync(this.configFile, `${this.salt}config:\n${lines.join("")}`);
  }

  /** Runs a command on the example and returns what it printed. Fails unless it fails just as `fails` says. */
  async operate(args, { now, fails = false } = {}) {
    const env = now === undefined ? {} : { PULUMI_CERTIFICATES_NOW: now };
    return this.run([...args, "--config-file", this.configFile], { cwd: this.example, env, fails });
  }

  /** The stack's outputs; those that are secret are not shown. */
  async outputs() {
    return JSON.parse(await this.run(["stack", "output", "--json"], { cwd: this.folder }));
  }

  async run(args, { cwd, env = {}, fails = false }) {
    const all = [...args, "--non-interactive", "--color", "never"];
    // A process group of its own: Ctrl-C in the terminal reaches it once, through this process.
    const options = { cwd, env: { ...this.env, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] };
    const child = spawn(this.command, all, options);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    tellOfInterruption(child);
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    throwIfInterrupted();
    const wrong = fails ? "did not fail" : "failed";
    if ((code !== 0) !== fails) throw new Error(`pulumi ${args.join(" ")} ${wrong}:\n${stdout}${stderr}`);
    return stdout;
  }
}
