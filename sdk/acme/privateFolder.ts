import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { CertificatesError } from "../errors";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** More than any entry needs: a hundred names with their challenges and a certificate request take 50 kB. */
const reservedBytes = 128 * 1024;
const largestFile = 4 * 1024 * 1024;

const explanations: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "files may not become that large",
  ENOTDIR: "a part of the path is no directory",
};

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown error";
}

/** An operation on the journal that the file system did not allow. */
export function journalFailure(what: string, error: unknown): CertificatesError {
  const code = codeOf(error);
  return new CertificatesError("IssuanceFailed", `${what}: ${explanations[code] ?? "failed"} (${code}).`, {
    cause: error,
    retryable: true,
    hint: "Make room or choose another folder with PULUMI_CERTIFICATES_STATE_DIR.",
  });
}

/** What makes a file or folder one that others could read or have put there; undefined if nothing does. */
export function exposure(found: { mode: number; uid: number }): string | undefined {
  const uid = process.geteuid?.();
  // Windows knows neither: there, the profile folder keeps others out.
  if (uid === undefined) return undefined;
  if (found.uid !== uid) return `it belongs to the user ${found.uid} instead of ${uid}`;
  const mode = found.mode & 0o777;
  return (mode & 0o077) === 0 ? undefined : `its permissions are 0${mode.toString(8)}`;
}

/** Makes the folder if it is missing. Throws if somebody else could read it. */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  let found;
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    found = await fs.lstat(folder);
  } catch (error) {
    throw journalFailure(`The folder of the order journal, ${folder}, cannot be created`, error);
  }
  const problem = found.isDirectory() ? exposure(found) : "it is no folder";
  if (problem === undefined) return;
  throw new CertificatesError(
    "InvalidArgument",
    `The folder of the order journal, ${folder}, is not private: ${problem}.`,
    {
      hint: "Give it to the user who runs Pulumi, with the permissions 0700, or choose another with PULUMI_CERTIFICATES_STATE_DIR.",
    },
  );
}

/** The content of a file that only its owner can read, undefined if there is none, or why it is not to be trusted. */
export async function readPrivateFile(path: string): Promise<Buffer | undefined | { refused: string }> {
  let handle;
  try {
    handle = await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    return { refused: codeOf(error) === "ELOOP" ? "it is a symbolic link" : `it cannot be read (${codeOf(error)})` };
  }
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size > largestFile) return { refused: "it is no regular file of at most 4 MiB" };
    const refused = exposure(found);
    return refused === undefined ? await handle.readFile() : { refused };
  } finally {
    await handle.close();
  }
}

/** A file that takes the place of `path` at once, or not at all; its space on the disk is taken beforehand. */
export interface Reservation {
  commit(content: Uint8Array): Promise<void>;
  cancel(): Promise<void>;
}

/** For the one who holds the lock of `path`: what an earlier one left unfinished is removed. */
export async function reserve(path: string): Promise<Reservation> {
  const staged = `${path}.tmp`;
  const cancel = (): Promise<void> => fs.rm(staged, { force: true });
  try {
    await cancel();
    await writeAndSync(staged, O_WRONLY | O_CREAT | O_EXCL, randomBytes(reservedBytes));
  } catch (error) {
    await cancel();
    throw error;
  }
  return { cancel, commit: (content) => moveIntoPlace(path, content, O_WRONLY) };
}

/** As `reserve` and `commit` at once, for a file that need not be sure of its space beforehand. */
export async function replacePrivateFile(path: string, content: Uint8Array): Promise<void> {
  await fs.rm(`${path}.tmp`, { force: true });
  await moveIntoPlace(path, content, O_WRONLY | O_CREAT | O_EXCL);
}

async function moveIntoPlace(path: string, content: Uint8Array, flags: number): Promise<void> {
  const staged = `${path}.tmp`;
  try {
    await writeAndSync(staged, flags, content);
    await fs.rename(staged, path);
  } catch (error) {
    await fs.rm(staged, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeAndSync(path: string, flags: number, content: Uint8Array): Promise<void> {
  const handle = await fs.open(path, flags | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(content);
    await handle.truncate(content.length);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // its folders cannot be opened
  const handle = await fs.open(folder, O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
