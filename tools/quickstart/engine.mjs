// Runs the Pulumi CLI on the trial's stack.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { repository } from "../setup.mjs";
import { tellOfInterruption, throwIfInterrupted } from "./interruption.mjs";
import { environment, inFolder, stack } from "./trial.mjs";

const pidFile = inFolder("pulumi.pid");
const locks = inFolder("backend", ".pulumi", "locks", "organization", "quickstart", stack);

export class Engine {
  constructor(pulumi) {
    this.command = pulumi.command;
    this.env = environment(pulumi.env);
  }

  /** Runs a command to its end and returns what it printed; fails with it when the exit code is not 0. */
  async run(args, { now } = {}) {
    const all = [...args, "--non-interactive", "--color", "never"];
    const env = now === undefined ? this.env : { ...this.env, PULUMI_CERTIFICATES_NOW: now };
    // A process group of its own: Ctrl-C in the terminal reaches it once, through the quickstart.
    const child = spawn(this.command, all, { cwd: repository, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    tellOfInterruption(child);
    const code = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
      if (existsSync(inFolder())) writeFileSync(pidFile, String(child.pid));
    });
    rmSync(pidFile, { force: true });
    throwIfInterrupted();
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`);
    return stdout;
  }

  up(options) {
    return this.run(["up", "--yes", "--skip-preview"], options);
  }

  preview(options, ...args) {
    return this.run(["preview", ...args], options);
  }

  /** The stack's outputs, secrets not shown. */
  async outputs() {
    return JSON.parse(await this.run(["stack", "output", "--json"]));
  }

  /** After the CLI was killed in the middle: frees the stack's lock and forgets what never came to be. */
  async recover() {
    if (!existsSync(locks) || readdirSync(locks).length === 0) return;
    await this.run(["cancel", "--yes"]);
    await this.run(["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]);
  }

  /** Any command, in the user's terminal. */
  passOn(args) {
    const child = spawn(this.command, args, { cwd: repository, env: this.env, stdio: "inherit" });
    return new Promise((resolve, reject) => child.on("error", reject).on("close", (code) => resolve(code ?? 1)));
  }
}

/** Waits for a command that an earlier, killed run of the quickstart left behind. */
export async function waitForLeftover(say) {
  if (!existsSync(pidFile)) return;
  const pid = readFileSync(pidFile, "utf8");
  if (isPulumi(pid)) say(`     Waiting for a pulumi command of an earlier run to end (process ${pid}).`);
  while (isPulumi(pid)) {
    await delay(200);
    throwIfInterrupted();
  }
  rmSync(pidFile, { force: true });
}

/** Whether the process is there and is still the one that was started: numbers are used again. */
function isPulumi(pid) {
  try {
    const command = existsSync("/proc/self/cmdline")
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
      : execFileSync("ps", ["-o", "command=", "-p", pid], { encoding: "utf8" });
    return command.includes("pulumi");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH" || error.status === 1) return false; // there is none
    throw error;
  }
}

/** Whether `pulumi stack init` has been done. */
export function hasStack() {
  const stacks = inFolder("backend", ".pulumi", "stacks", "quickstart");
  return existsSync(stacks) && readdirSync(stacks).includes(`${stack}.json`);
}

/** What an operation says without its progress: the resources it changes and why, each once. */
export function essence(output) {
  const lines = output.split("\n");
  const at = lines.findIndex((line) => line.startsWith("Resources:"));
  const changes = new Map();
  for (const line of lines) {
    const match = /^ *([+~-]) +\S+:(\w+) (\S+) (?:\S+ )?(?:\(.*?\) ?)?(\[diff: [^\]]*\])?/.exec(line);
    if (!match || match[2] === "Stack") continue;
    const [, sign, type, name, diff] = match;
    changes.set(`${type} ${name}`, ` ${sign} ${type} ${name}${diff ? ` ${diff}` : ""}`);
  }
  const reasons = lines.flatMap((line) => /^ {4}(\S.* \[[A-Z]\w+\].*)$/.exec(line)?.[1] ?? []);
  const counts = lines.slice(at).filter((line) => /^ +\S/.test(line) && !/Duration/.test(line));
  return { changes: [...changes.values()], reasons, counts: at < 0 ? [] : counts.map((line) => line.trim()) };
}
