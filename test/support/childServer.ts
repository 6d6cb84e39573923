import { spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A server program in the foreground. */
export interface ChildServer {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  /** Everything it wrote. */
  output(): string;
  /** Resolves once it has written this, counted from the call on. */
  wrote(pattern: RegExp): Promise<void>;
  /** Asks it to end by `signal` and waits. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export function startChild(command: string, args: readonly string[], options: SpawnOptions = {}): ChildServer {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let ended = false;
  const waiting = new Set<() => void>();
  const notify = (): void => {
    for (const check of waiting) check();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      notify();
    });
  }
  const closed = once(child, "close").then(() => {
    ended = true;
    notify();
  });
  return {
    pid: child.pid ?? 0,
    signal: (name) => child.kill(name),
    output: () => output,
    wrote: (pattern) => {
      const from = output.length;
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const found = pattern.test(output.slice(from));
          if (!found && !ended) return;
          waiting.delete(check);
          if (found) resolve();
          else reject(new Error(`${command} ended:\n${output}`));
        };
        waiting.add(check);
        check();
      });
    },
    stop: async (signal) => {
      if (!ended) child.kill(signal);
      await closed;
    },
  };
}

/** Resolves once a TCP connection is accepted there; fails when the server has ended or 20 s have passed. */
export async function listening(server: ChildServer, port: number, host = "127.0.0.1"): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await accepts(port, host))) {
    if (Date.now() > end) throw new Error(`Nothing listens on ${host}:${String(port)}:\n${server.output()}`);
    await delay(20);
  }
}

function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on("connect", () => socket.end());
    socket.on("error", () => resolve(false));
    socket.on("close", (failed) => resolve(!failed));
  });
}
