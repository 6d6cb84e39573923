// Runs the commands of the set-up tools: output is kept and shown on failure, long steps say how long they take.
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Seconds since `start`, for people. */
const seconds = (start) => `${((Date.now() - start) / 1000).toFixed(1)} s`;

/**
 * Runs a command to its end and returns its standard output. Fails with the end of its output when the exit code is
 * not 0 or `timeoutMs` has passed; then the command's whole process group is ended.
 */
export function exec(command, args, { cwd, env, timeoutMs = 0, stdio = "pipe" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: stdio === "inherit" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      detached: timeoutMs > 0,
    });
    let stdout = "";
    let output = "";
    child.stdout?.on("data", (data) => ((stdout += data), (output += data)));
    child.stderr?.on("data", (data) => (output += data));
    let late = false;
    const timer = timeoutMs
      ? setTimeout(() => {
          late = true;
          process.kill(-child.pid, "SIGKILL");
        }, timeoutMs)
      : undefined;
    const fail = (why) => {
      const tail = output.trim().slice(-4000);
      reject(new Error([`${[command, ...args].join(" ")}: ${why}`, tail].filter(Boolean).join("\n")));
    };
    child.on("error", (error) => (clearTimeout(timer), fail(error.message)));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) fail(`not finished after ${timeoutMs / 1000} s`);
      else if (code !== 0) fail(signal ? `ended by ${signal}` : `exit code ${code}`);
      else resolve(stdout);
    });
  });
}

/** Runs one named step. On standard error: a line at its start, one every 15 s while it lasts, and its duration at the end. */
export async function step(label, action) {
  const start = Date.now();
  process.stderr.write(`› ${label}\n`);
  const timer = setInterval(() => process.stderr.write(`  … ${label}: ${seconds(start)}\n`), 15_000);
  timer.unref();
  try {
    const result = await action();
    process.stderr.write(`  ${label}: done in ${seconds(start)}\n`);
    return result;
  } catch (error) {
    process.stderr.write(`  ${label}: failed after ${seconds(start)}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** The full path of a command on PATH, or undefined. */
export function findOnPath(name, path = process.env.PATH ?? "") {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes(error.code)) return false;
    throw error;
  }
}

/** Runs a tool's main function; a failure is shown as its message and makes the exit code 1. */
export async function main(action) {
  try {
    await action();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
