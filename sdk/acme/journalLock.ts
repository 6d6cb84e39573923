import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { CertificatesError } from "../errors";
import { isRunning, processStart } from "../net/processStart";
import { codeOf, journalFailure } from "./privateFolder";

interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly start?: string;
}

export interface Lock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** What the lock is for, in an error: `the order of web`. */
  readonly subject: string;
  readonly signal?: AbortSignal;
  /** How long to wait for the one who holds it. @default 40 s */
  readonly waitMs?: number;
}

/** The holder touches the file that often; one on another machine who has not for so long is gone. */
const heartbeat = 5_000;
const silence = 30_000;
const defaultWait = 40_000;
const poll = 100;

/**
 * Makes `path` the sign of one writer, with its process and when that started. The lock of a process that has ended,
 * and of another machine that has fallen silent, is taken over.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const start = await processStart(process.pid);
  const mine: Holder = {
    token: randomUUID(),
    host: hostname(),
    pid: process.pid,
    ...(start !== undefined && { start }),
  };
  const deadline = performance.now() + (options.waitMs ?? defaultWait);
  for (;;) {
    options.signal?.throwIfAborted();
    if (await create(path, JSON.stringify(mine), options)) return held(path, mine);
    const holder = await staleness(path);
    if (holder === "gone") continue;
    if (holder === "stale") {
      await remove(path);
      continue;
    }
    if (performance.now() >= deadline) throw taken(path, holder, options);
    await delay(poll, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function create(path: string, content: string, { subject }: LockOptions): Promise<boolean> {
  try {
    await fs.writeFile(path, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // Made, and then there was no space for its content.
    if (["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error))) await fs.rm(path, { force: true });
    throw journalFailure(`The journal of ${subject} cannot be locked by ${path}`, error);
  }
}

/** The holder who still lives, or what became of the lock. */
async function staleness(path: string): Promise<Holder | "stale" | "gone"> {
  const [text, found] = await Promise.all([read(path), stat(path)]);
  if (text === undefined || found === undefined) return "gone";
  const holder = parse(text);
  const isSilent = Date.now() - found.mtimeMs > silence;
  // A file without content: its writer is between two steps, or was killed there.
  if (holder === undefined) return isSilent ? "stale" : { token: "", host: hostname(), pid: 0 };
  const isGone = holder.host === hostname() ? !(await isRunning(holder.pid, holder.start)) : isSilent;
  return isGone ? "stale" : holder;
}

/** Takes a stale lock away: under a guard, so that of several who saw it only one does, and none a lock made since. */
async function remove(path: string): Promise<void> {
  const guard = `${path}.guard`;
  try {
    await fs.mkdir(guard, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw journalFailure(`The stale lock ${path} cannot be taken over`, error);
    const found = await stat(guard);
    if (found !== undefined && Date.now() - found.mtimeMs > silence)
      await fs.rm(guard, { recursive: true, force: true });
    await delay(poll / 10);
    return;
  }
  try {
    if ((await staleness(path)) === "stale") await fs.rm(path, { force: true });
  } finally {
    await fs.rm(guard, { recursive: true, force: true });
  }
}

function held(path: string, mine: Holder): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    // Where it fails the lock only looks older than it is; the next write of the journal says what is wrong.
    fs.utimes(path, now, now).catch(() => undefined);
  }, heartbeat).unref();
  return {
    async release() {
      clearInterval(beat);
      const text = await read(path);
      if (text !== undefined && parse(text)?.token === mine.token) await fs.rm(path, { force: true });
    },
  };
}

function taken(path: string, { host, pid }: Holder, { subject }: LockOptions): CertificatesError {
  return new CertificatesError(
    "IssuanceFailed",
    `Another run is at work on ${subject}: process ${pid} on ${host} holds ${path}.`,
    { retryable: true, hint: "Wait for it to end, or end it; its order is then resumed." },
  );
}

function parse(text: string): Holder | undefined {
  try {
    const { token, host, pid, start } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    if (typeof token !== "string" || typeof host !== "string" || typeof pid !== "number") return undefined;
    return { token, host, pid, ...(typeof start === "string" && { start }) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const read = (path: string): Promise<string | undefined> => orAbsent(fs.readFile(path, "utf8"));
const stat = (path: string): Promise<{ mtimeMs: number } | undefined> => orAbsent(fs.stat(path));

async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
