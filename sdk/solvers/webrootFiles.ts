import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, lstat, mkdir, open, readFile, realpath, rename, rmdir, stat, unlink } from "node:fs/promises";
import { join, sep } from "node:path";
import { CertificatesError, messageOf } from "../errors";
import { Mutex } from "./dns/mutex";

/** A file that is served for one challenge. */
export interface WebrootPlace {
  readonly root: string;
  /** Below the root, each in the one before. */
  readonly folders: readonly string[];
  readonly name: string;
  readonly content: string;
}

const mutex = new Mutex();
/** How many answers of this process stand on a file: two orders may share a challenge. */
const uses = new Map<string, number>();
/** Folders that this process made, to be removed when nothing is in them any more. */
const made = new Set<string>();

/** One change of a root at a time: a folder is not removed while a file is about to be written into it. */
const alone = (root: string, work: () => Promise<void>): Promise<void> =>
  mutex.run(root, AbortSignal.timeout(30_000), work);

export function writeFile(place: WebrootPlace): Promise<void> {
  return alone(place.root, async () => {
    const file = fileOf(place);
    try {
      await makeFolders(place);
      await writeAtomically(file, place.content);
    } catch (error) {
      await removeEmptyFolders(place);
      throw CertificatesError.is(error) ? error : failure(`${file} cannot be written`, error);
    }
    uses.set(file, (uses.get(file) ?? 0) + 1);
  });
}

/** `leftover`: written by an earlier process, and gone already if it holds something else. */
export function removeFile(place: WebrootPlace, whose: "ours" | "leftover"): Promise<void> {
  return alone(place.root, async () => {
    const file = fileOf(place);
    const left = (uses.get(file) ?? 0) - (whose === "ours" ? 1 : 0);
    if (left > 0) {
      uses.set(file, left);
      return;
    }
    uses.delete(file);
    try {
      await assertInside(place);
      if ((await readFile(file, "utf8")) === place.content) await unlink(file);
    } catch (error) {
      if (CertificatesError.is(error)) throw error;
      if (!isCode(error, "ENOENT")) throw failure(`${file} cannot be removed`, error);
    }
    await removeEmptyFolders(place);
  });
}

/** Throws if files could not be written there. Changes nothing. */
export async function assertWritable(root: string, folders: readonly string[]): Promise<void> {
  await assertInside({ root, folders });
  const existing = [];
  for (const path of pathsOf({ root, folders })) {
    if ((await kindOf(path)) === "nothing") break;
    existing.push(path);
  }
  const innermost = existing[existing.length - 1] ?? root;
  try {
    await access(innermost, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw failure(`${innermost} cannot be written to`, error);
  }
}

const fileOf = (place: WebrootPlace): string => join(place.root, ...place.folders, place.name);

/** The root and the folders below it. */
const pathsOf = ({ root, folders }: Pick<WebrootPlace, "root" | "folders">): string[] =>
  folders.reduce((paths, folder) => [...paths, join(paths[paths.length - 1] as string, folder)], [root]);

async function makeFolders(place: WebrootPlace): Promise<void> {
  await assertInside(place);
  for (const path of pathsOf(place).slice(1)) {
    try {
      await mkdir(path);
      made.add(path);
      // Whatever the process's umask is, the web server has to look into it.
      await chmod(path, 0o755);
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
  }
}

/** Removes folders that this process made, unless others put something into them. */
async function removeEmptyFolders(place: WebrootPlace): Promise<void> {
  for (const path of pathsOf(place).slice(1).reverse()) {
    if (!made.has(path)) continue;
    try {
      await rmdir(path);
    } catch (error) {
      if (isCode(error, "ENOTEMPTY") || isCode(error, "EEXIST")) return;
      if (!isCode(error, "ENOENT")) throw failure(`${path} cannot be removed`, error);
    }
    made.delete(path);
  }
}

async function writeAtomically(file: string, content: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(draft, "wx", 0o644);
  try {
    await handle.writeFile(content);
    await handle.chmod(0o644);
    await handle.close();
    await rename(draft, file);
  } catch (error) {
    await handle.close();
    await unlink(draft);
    throw error;
  }
}

/** Refuses a root that is no directory, and symbolic links that lead out of it. */
async function assertInside({ root, folders }: Pick<WebrootPlace, "root" | "folders">): Promise<void> {
  const hint = "Give the directory that the web server serves.";
  if ((await kindOf(root)) !== "directory") {
    throw new CertificatesError("IssuanceFailed", `The webroot ${root} is no directory on this machine.`, { hint });
  }
  const real = await realpath(root);
  for (const path of pathsOf({ root, folders }).slice(1)) {
    const kind = await kindOf(path);
    if (kind === "nothing") return;
    if (kind === "other") {
      throw new CertificatesError("IssuanceFailed", `${path} is no directory.`, { hint: "Move it away." });
    }
    const target = await realpath(path);
    if (target === real || target.startsWith(real.endsWith(sep) ? real : real + sep)) continue;
    throw new CertificatesError("IssuanceFailed", `${path} leads out of the webroot, to ${target}.`, {
      hint: "Give the directory that it leads to as the webroot's own, or replace the link by a folder.",
    });
  }
}

/** What is at a path, symbolic links followed. A link that leads nowhere is `other`. */
async function kindOf(path: string): Promise<"nothing" | "directory" | "other"> {
  let isLink = false;
  try {
    isLink = (await lstat(path)).isSymbolicLink();
    return (await stat(path)).isDirectory() ? "directory" : "other";
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw failure(`${path} cannot be read`, error);
    return isLink ? "other" : "nothing";
  }
}

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

function failure(what: string, error: unknown): CertificatesError {
  const { code } = error as NodeJS.ErrnoException;
  return new CertificatesError("IssuanceFailed", `${what}: ${code ?? messageOf(error)}.`, {
    hint: "Run Pulumi as a user that may write there, or use another solver.",
    cause: error,
  });
}
