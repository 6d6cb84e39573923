import { readFileSync, statSync } from "node:fs";
import { messageOf } from "../../sdk/errors";

/** Larger than any certificate with its chain, or any settings file. */
const maxBytes = 1024 * 1024;

/** Why a file cannot be read, in words. */
export class UnreadableFile extends Error {}

/** Reads a text file of a reasonable size; undefined if there is none. */
export function readTextFile(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new UnreadableFile(`${path} is larger than 1 MiB`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "EPERM")
      throw new UnreadableFile(`${path} cannot be read by this user: run the command as its owner or as root`);
    throw new UnreadableFile(`${path} cannot be read: ${messageOf(error)}`);
  }
}
