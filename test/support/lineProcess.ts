import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A helper program of the tests that talks in lines on its standard output. */
export interface LineProcess {
  readonly pid: number;
  /** The next line that matches; lines are kept until somebody asks. Fails when the program ends without one. */
  line(matching: (line: string) => boolean): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Closes its standard input. */
  endInput(): void;
  /** Ends it, if it still runs. */
  stop(): Promise<void>;
}

/** Starts a Node script; what it writes to standard error appears in the test's output. */
export function startScript(script: string, args: readonly string[]): LineProcess {
  return startProgram(process.execPath, [script, ...args]);
}

/** The same for any program. */
export function startProgram(program: string, args: readonly string[]): LineProcess {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(program, args, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let ended = false;
  const waiting = new Set<() => void>();
  const notify = (): void => {
    for (const check of waiting) check();
  };
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    notify();
  });
  const closed = once(child, "close").then(() => {
    ended = true;
    notify();
  });
  return {
    pid: child.pid ?? 0,
    line: (matching) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const at = lines.findIndex(matching);
          if (at < 0 && !ended) return;
          waiting.delete(check);
          const [found] = at < 0 ? [] : lines.splice(at, 1);
          if (found !== undefined) resolve(found);
          else
            reject(
              new Error(
                `${[program, ...args].join(" ")} ended with exit code ${String(child.exitCode)} before it said that`,
              ),
            );
        };
        waiting.add(check);
        check();
      }),
    signal: (name) => child.kill(name),
    endInput: () => child.stdin.end(),
    stop: async () => {
      if (!ended) child.kill("SIGKILL");
      await closed;
    },
  };
}
