import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { CertificatesError } from "../../errors";
import { runCommand } from "../../net/command";
import type { Entry, Host, Identity, Ownership } from "./host";
import { lookupGroup, lookupUser } from "./localAccounts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const largestFile = 4 * 1024 * 1024;

const explanations: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  EEXIST: "something stands there already",
  ENOENT: "it does not exist",
  ENOTDIR: "a part of the path is no directory",
  EISDIR: "a directory stands there",
  ELOOP: "it is a symbolic link",
  EXDEV: "it is on another file system",
};

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown error";
}

function explain(error: unknown): string {
  const code = codeOf(error);
  return `${explanations[code] ?? "failed"} (${code})`;
}

async function attempt<T>(what: string, path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (CertificatesError.is(error)) throw error;
    const retryable = ["ENOSPC", "EDQUOT", "EBUSY", "EMFILE", "ENFILE"].includes(codeOf(error));
    throw new CertificatesError("DeploymentFailed", `${path} cannot be ${what}: ${explain(error)}.`, {
      cause: error,
      retryable,
    });
  }
}

/** The same, where it is no failure that nothing stands at the path. */
function attemptIfThere<T>(what: string, path: string, step: () => Promise<T>): Promise<T | undefined> {
  return attempt(what, path, () =>
    step().catch((error: unknown) => {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
      throw error;
    }),
  );
}

async function readRegularFile(path: string): Promise<Buffer> {
  const handle = await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { size, mode } = await handle.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > largestFile) {
      throw new CertificatesError(
        "DeploymentFailed",
        `${path} is no file of a certificate: no regular file, or over 4 MiB.`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function writeNewFile(path: string, content: Uint8Array, mode: number, owner?: Ownership): Promise<void> {
  const handle = await fs.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(content);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function obstacle(step: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return explain(error);
  }
}

/** The machine on which Pulumi runs. */
export const localHost: Host = {
  name: "this machine",

  identity(): Promise<Identity> {
    const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
    if (uid === undefined || gid === undefined) {
      throw new CertificatesError(
        "InvalidArgument",
        "Files can be deployed on Linux, macOS and other Unix systems only.",
      );
    }
    return Promise.resolve({ uid, gid, groups: process.getgroups?.() ?? [] });
  },
  lookupUser,
  lookupGroup,

  stat: (path) =>
    attemptIfThere("examined", path, async (): Promise<Entry> => {
      const found = await fs.lstat(path);
      const { uid, gid } = found;
      const mode = found.mode & 0o7777;
      if (found.isSymbolicLink()) return { type: "link", mode, uid, gid, link: await fs.readlink(path) };
      return { type: found.isFile() ? "file" : found.isDirectory() ? "directory" : "other", mode, uid, gid };
    }),
  realPath: (path) => attemptIfThere("resolved", path, () => fs.realpath(path)),
  read: (path) => attemptIfThere("read", path, () => readRegularFile(path)),
  list: async (path) => ((await attemptIfThere("listed", path, () => fs.readdir(path))) ?? []).sort(),
  writeObstacle: (directory) => obstacle(() => fs.access(directory, constants.W_OK | constants.X_OK)),
  runObstacle: (program) =>
    obstacle(async () => {
      await fs.access(program, constants.X_OK);
      if (!(await fs.stat(program)).isFile()) throw Object.assign(new Error(), { code: "EISDIR" });
    }),

  makeDirectory: (path, mode) =>
    attempt("created", path, async () => {
      try {
        await fs.mkdir(path, { mode: 0o700 });
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      }
      await fs.chmod(path, mode);
      return true;
    }),
  writeFile: (path, content, mode, owner) => attempt("written", path, () => writeNewFile(path, content, mode, owner)),
  makeLink: (path, leadsTo) => attempt("created", path, () => fs.symlink(leadsTo, path)),
  rename: (from, to) => attempt("renamed", from, () => fs.rename(from, to)),
  syncDirectory: (path) =>
    attempt("made durable", path, async () => {
      const handle = await fs.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }),
  removeFile: (path) => attemptIfThere("removed", path, () => fs.unlink(path)),
  removeTree: (path) => attempt("removed", path, () => fs.rm(path, { recursive: true, force: true })),
  removeEmptyDirectory: (path) =>
    attemptIfThere("removed", path, async () => {
      if ((await fs.readdir(path)).length === 0) await fs.rmdir(path);
    }),

  run: (command, options) => runCommand(command, options),
};
