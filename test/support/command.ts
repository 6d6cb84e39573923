import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { killProcesses, markedProcesses, markVariable, processesGone, type RunningProcess } from "./processes";

/** What a command that has ended printed. */
export interface CommandResult {
  readonly args: readonly string[];
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, in the order of their arrival. */
  readonly all: string;
}

/** A command that runs: it can be awaited, waited upon for a text, interrupted and killed in parts. */
export interface RunningCommand {
  readonly pid: number;
  /** Everything printed so far. */
  output(): string;
  /** Resolves when the output matches; fails when the command ends without it. */
  waitFor(pattern: RegExp): Promise<void>;
  /** Resolves when it has ended, whatever its exit code. */
  readonly done: Promise<CommandResult>;
  /** Like Ctrl-C in a terminal, for the command alone. */
  interrupt(): void;
  /** Kills the command itself; what it started lives on. */
  kill(): void;
  /** What the command started and still runs, the command itself aside. For the provider: `/dynamic-provider/`. */
  started(pattern?: RegExp): RunningProcess[];
  /** Kills what the command started and matches, and says how many processes that were. */
  killStarted(pattern: RegExp): number;
  /** Kills the command and everything it started. */
  killGroup(): void;
  /** Resolves when the command and everything it started have ended. */
  gone(timeoutMs: number): Promise<void>;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The command and everything it started are killed after this time. */
  readonly timeoutMs: number;
}

/** Starts a command with standard input closed. */
export function startCommand(command: string, args: readonly string[], options: CommandOptions): RunningCommand {
  const mark = randomUUID();
  const env = { ...options.env, [markVariable]: mark };
  const child = spawn(command, args, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr, all] = ["", "", ""];
  let [late, ended] = [false, false];
  const waiting = new Set<() => void>();
  const notify = () => {
    for (const check of waiting) check();
  };
  const collect = (add: (text: string) => void) => (text: string) => {
    add(text);
    all += text;
    notify();
  };
  child.stdout.setEncoding("utf8").on(
    "data",
    collect((text) => (stdout += text)),
  );
  child.stderr.setEncoding("utf8").on(
    "data",
    collect((text) => (stderr += text)),
  );

  const started = (pattern = /^/) =>
    markedProcesses(mark).filter((found) => found.pid !== child.pid && pattern.test(found.command));
  const timer = setTimeout(() => {
    late = true;
    killProcesses(markedProcesses(mark));
  }, options.timeoutMs);

  const done = new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      const finish = () => {
        clearTimeout(drain);
        ended = true;
        notify();
        if (late) reject(new Error(`${args.join(" ")}: not finished after ${options.timeoutMs / 1000} s\n${all}`));
        else resolve({ args, code, stdout, stderr, all });
      };
      // A process that outlives the command may keep the pipes open: do not wait for it longer than this.
      const drain = setTimeout(finish, 2_000);
      child.on("close", finish);
    });
  });

  return {
    pid: child.pid ?? 0,
    done,
    output: () => all,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (pattern.test(all)) resolve();
          else if (ended) reject(new Error(`${args.join(" ")} ended without ${pattern}:\n${all}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
    interrupt: () => void child.kill("SIGINT"),
    kill: () => void child.kill("SIGKILL"),
    started,
    killStarted: (pattern) => {
      const found = started(pattern);
      killProcesses(found);
      return found.length;
    },
    killGroup: () => killProcesses(markedProcesses(mark)),
    gone: (timeoutMs) => processesGone(mark, timeoutMs),
  };
}
