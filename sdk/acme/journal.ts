import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { day, formatInstant } from "../duration";
import { invalidArgument } from "../errors";
import type { Challenge } from "./challenge";
import { type JournalPlace, journalCipher } from "./journalCipher";
import { type Lock, acquireLock } from "./journalLock";
import {
  type Reservation,
  codeOf,
  ensurePrivateFolder,
  journalFailure,
  readPrivateFile,
  replacePrivateFile,
  reserve,
} from "./privateFolder";

/** The environment variable that names the folder of everything the package keeps between runs. */
export const stateFolderVariable = "PULUMI_CERTIFICATES_STATE_DIR";

/** An answer that may be in place still: the run that finishes or gives up the order removes it. */
export interface LeftoverAnswer {
  /** Which of the account's solvers put it there, such as `solvers[0].dns01`. */
  readonly solver: string;
  readonly challenge: Challenge;
}

/** What the next run needs to go on with an order. */
export interface JournalEntry {
  readonly orderUrl: string;
  /** Left out where the private key is not made by this package. */
  readonly certificateKeyPem?: string;
  /** The request that the order is finalized with, DER in base64. */
  readonly csrDer: string;
  readonly answers: readonly LeftoverAnswer[];
  /** When the order was first written down, RFC 3339. */
  readonly writtenAt: string;
}

export interface JournalOptions extends JournalPlace {
  /** @default the folder `orders` in PULUMI_CERTIFICATES_STATE_DIR, else in the state folder of the user */
  readonly folder?: string;
  readonly accountKeyPem: string;
  readonly signal?: AbortSignal;
  /** How long to wait for another run that is at work on the same order. @default 40 s */
  readonly waitMs?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

/** The journal of one resource's order at one CA. */
export interface Journal {
  /** What is wrong with what was found: it counts as absent then. */
  readonly warnings: readonly string[];
  /** Undefined if no order is under way, or none that can be trusted. */
  read(): Promise<JournalEntry | undefined>;
  /** Replaces the entry. It is on the disk when the promise resolves. */
  write(entry: Omit<JournalEntry, "writtenAt">): Promise<void>;
  /** The order is finished or given up. */
  erase(): Promise<void>;
  /** Lets others write. The entry stays. */
  close(): Promise<void>;
}

/** An ACME order lives for days; a CA forgets it then (RFC 8555, 7.1.6). */
const lifetime = 7 * day;
const filePattern = /^[0-9a-f]{40}\.order(?:\.tmp)?$/;

/** Where orders under way are written down if nothing else is said. */
export function defaultJournalFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment[stateFolderVariable];
  if (own !== undefined && own !== "") {
    if (isAbsolute(own)) return join(own, "orders");
    throw invalidArgument(stateFolderVariable, `"${own}" is no absolute path.`, "Name a folder outside the project.");
  }
  const { XDG_STATE_HOME: xdg, LOCALAPPDATA: local } = environment;
  // A relative one is to be ignored (XDG Base Directory Specification).
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "pulumi-certificates", "orders");
  if (process.platform === "win32" && local !== undefined) return join(local, "pulumi-certificates", "orders");
  return join(homedir(), ".local", "state", "pulumi-certificates", "orders");
}

/**
 * Opens the journal of one resource's order, for this process alone, and takes the space that an entry needs: so a
 * full disk is noticed before the order is placed.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { directoryUrl, stack, resource, now = Date.now } = options;
  const folder = options.folder ?? defaultJournalFolder();
  const subject = `the order of ${resource}`;
  const path = join(folder, `${nameOf({ directoryUrl, stack, resource })}.order`);
  const cipher = journalCipher(options.accountKeyPem, options);
  await ensurePrivateFolder(folder);
  const lock = await acquireLock(`${path}.lock`, { ...options, subject });
  const warnings: string[] = [];
  let reservation: Reservation | undefined;
  try {
    await sweep(folder, now());
    reservation = await reserve(path);
  } catch (error) {
    await lock.release();
    throw journalFailure(`The journal of ${subject} cannot be written to ${folder}, so none was placed`, error);
  }

  async function read(): Promise<JournalEntry | undefined> {
    const found = await readPrivateFile(path);
    if (found === undefined) return undefined;
    const refused = "refused" in found ? found.refused : undefined;
    const text = "refused" in found ? undefined : cipher.open(found);
    const entry = text === undefined ? undefined : (JSON.parse(text) as JournalEntry);
    if (entry === undefined) {
      const why = refused ?? "it was changed, or written elsewhere or with another account key";
      warnings.push(`The journal of ${subject}, ${path}, is not used: ${why}. A new order is placed.`);
      return undefined;
    }
    if (now() - Date.parse(entry.writtenAt) < lifetime) return entry;
    await fs.rm(path, { force: true });
    return undefined;
  }

  let firstWritten: Pick<JournalEntry, "orderUrl" | "writtenAt"> | undefined;
  return {
    warnings,
    async read() {
      const entry = await read();
      firstWritten = entry;
      return entry;
    },
    async write(entry) {
      const writtenAt = firstWritten?.orderUrl === entry.orderUrl ? firstWritten.writtenAt : formatInstant(now());
      try {
        const sealed = cipher.seal(JSON.stringify({ ...entry, writtenAt }));
        const reserved = reservation;
        reservation = undefined;
        await (reserved === undefined ? replacePrivateFile(path, sealed) : reserved.commit(sealed));
      } catch (error) {
        throw journalFailure(`The journal of ${subject} cannot be written to ${folder}`, error);
      }
      firstWritten = { orderUrl: entry.orderUrl, writtenAt };
    },
    erase: () => fs.rm(path, { force: true }),
    close: () => closed(lock, reservation),
  };
}

async function closed(lock: Lock, reservation: Reservation | undefined): Promise<void> {
  try {
    await reservation?.cancel();
  } finally {
    await lock.release();
  }
}

/** One file for each CA and resource, whose name says nothing about either. */
function nameOf({ directoryUrl, stack, resource }: JournalPlace): string {
  const place = JSON.stringify([directoryUrl, stack, resource]);
  return createHash("sha256").update(place).digest("hex").slice(0, 40);
}

const swept = new Set<string>();

/** Removes what earlier runs left behind, once: orders that are over by now, and files that were never finished. */
async function sweep(folder: string, now: number): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of await fs.readdir(folder)) {
    if (!filePattern.test(name)) continue;
    const path = join(folder, name);
    try {
      if (now - (await fs.lstat(path)).mtimeMs > lifetime) await fs.rm(path, { force: true });
    } catch (error) {
      // Another process came first.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}
