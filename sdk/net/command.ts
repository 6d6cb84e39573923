import { type ChildProcess, spawn } from "node:child_process";
import { isAbsolute } from "node:path";
import { CertificatesError } from "../errors";
import { redact } from "./redact";

export interface CommandOptions {
  /** All the variables that the command gets besides a fixed PATH and LANG; nothing is inherited. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds after which the command and everything it started is ended. 60 s if left out. */
  readonly timeout?: number;
  /** Ends the command and everything it started, as if its time were over. */
  readonly signal?: AbortSignal;
  /** What the command reads from its standard input: the way for key material. Nothing if left out. */
  readonly input?: string | Uint8Array;
  /** Texts that its output must not show. */
  readonly secrets?: readonly string[];
  /** So many bytes of its standard output are kept, the last ones; 64 KiB if left out. */
  readonly keptOutput?: number;
}

export interface CommandResult {
  /** The exit code; undefined if a signal ended the command. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  /** Standard output as it came, at most as much of it as is kept. Not for messages. */
  readonly stdout: string;
  /** The last of both outputs, without key material and secrets, fit for a message. */
  readonly output: string;
}

const defaultTimeout = 60_000;
/** Between asking a command to end and ending it. */
const graceTime = 2_000;
/** A command that has ended may have left a process behind that still holds its outputs. */
const drainTime = 250;
const defaultKept = 64 * 1024;
const shown = 2_000;

const baseEnvironment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/**
 * Runs a program: absolute path and arguments, no shell, in a process group of its own. Throws only if it cannot be
 * started; whether it did its work is in the result.
 */
export function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...argv] = command;
  if (program === undefined || !isAbsolute(program)) {
    throw new CertificatesError("Internal", `A command needs an absolute path, not ${JSON.stringify(program)}.`);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      cwd: "/",
      env: { ...baseEnvironment, ...options.environment },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout = new Tail(options.keptOutput);
    const both = new Tail();
    child.stdout.on("data", (chunk: Buffer) => (stdout.add(chunk), both.add(chunk)));
    child.stderr.on("data", (chunk: Buffer) => both.add(chunk));
    // A command that does not read its input closes it early; its exit code tells what that means.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");

    const finish = (code: number | null, signal: string | null): void => {
      const output = shownEnd(redact(both.text(), options.secrets));
      const timedOut = deadline.passed();
      resolve({ code: code ?? undefined, signal: signal ?? undefined, timedOut, stdout: stdout.text(), output });
    };
    const deadline = endAfter(options, child, () => finish(null, "nothing"));
    child.on("error", (error: NodeJS.ErrnoException) => {
      deadline.clear();
      const reason = error.code ?? error.message;
      reject(
        new CertificatesError("DeploymentFailed", `${program} could not be started (${reason}).`, { cause: error }),
      );
    });
    child.on("exit", (code, signal) => {
      deadline.clear();
      if (deadline.passed()) signalGroup(child, "SIGKILL");
      const drained = setTimeout(() => release(child), drainTime);
      child.on("close", () => {
        clearTimeout(drained);
        finish(code, signal);
      });
    });
  });
}

/** Ends a command and its group when its time is over: first asks, then ends it, then no longer waits for it. */
function endAfter(
  { timeout = defaultTimeout, signal }: CommandOptions,
  child: ChildProcess,
  givenUp: () => void,
): { passed(): boolean; clear(): void } {
  let passed = false;
  const end = (): void => {
    clearTimeout(timer);
    passed = true;
    signalGroup(child, "SIGTERM");
    timer = setTimeout(() => {
      signalGroup(child, "SIGKILL");
      // Of a program that changed its user (sudo) not even this signal is allowed.
      timer = setTimeout(() => {
        release(child);
        givenUp();
      }, graceTime);
    }, graceTime);
  };
  let timer = setTimeout(end, timeout);
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted === true) end();
  const clear = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  };
  return { passed: () => passed, clear };
}

function release(child: ChildProcess): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  child.unref();
}

function signalGroup(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

/** What became of a command that failed, in one sentence, with the end of its output; undefined if it succeeded. */
export function failureOf(
  command: readonly string[],
  result: CommandResult,
  options: CommandOptions = {},
): string | undefined {
  if (result.code === 0 && !result.timedOut) return undefined;
  const name = redact(command.join(" "), options.secrets);
  const end = result.timedOut
    ? `did not end within ${(options.timeout ?? defaultTimeout) / 1_000} s`
    : result.code === undefined
      ? `was ended by ${result.signal ?? "a signal"}`
      : `ended with exit code ${result.code}`;
  return `\`${name}\` ${end}${result.output === "" ? "." : `: ${result.output}`}`;
}

/** The end of an output, as much as a message takes. */
export function shownEnd(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= shown ? trimmed : `[…] ${trimmed.slice(-shown)}`;
}

/** The last bytes of a stream. */
class Tail {
  private chunks: Buffer[] = [];
  private length = 0;

  constructor(private readonly kept = defaultKept) {}

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
    if (this.length > 2 * this.kept) this.cut();
  }

  text(): string {
    this.cut();
    return Buffer.concat(this.chunks).toString("utf8");
  }

  private cut(): void {
    const all = Buffer.concat(this.chunks);
    this.chunks = [all.subarray(Math.max(0, all.length - this.kept))];
    this.length = Math.min(all.length, this.kept);
  }
}
