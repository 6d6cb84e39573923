import { type Dirent, readdirSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { invalidArgument, messageOf } from "../../sdk/errors";

/** More files than this are a mistake in the pattern. */
const maxFiles = 20_000;

/**
 * The files that a pattern names, sorted: `*` and `?` within a name, `**` for any folders, and a folder for the files in
 * it. For patterns that the shell did not expand itself.
 */
export function glob(pattern: string): string[] {
  const path = resolve(pattern);
  const parts = path.split(sep).filter((part) => part !== "");
  const found = new Set<string>();
  walk(sep, parts, found);
  return [...found].sort();
}

function walk(folder: string, parts: readonly string[], found: Set<string>): void {
  const [part, ...rest] = parts;
  if (part === undefined) {
    for (const entry of entriesOf(folder)) if (isFile(folder, entry)) add(join(folder, entry.name), found);
    return;
  }
  if (part === "**") {
    walk(folder, rest.length === 0 ? ["*"] : rest, found);
    // Links to folders are not followed: they may lead in a circle.
    for (const entry of entriesOf(folder)) if (entry.isDirectory()) walk(join(folder, entry.name), parts, found);
    return;
  }
  if (!/[*?]/.test(part)) return step(join(folder, part), rest, found);
  const matcher = new RegExp(
    `^${part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replace(/\?/g, ".")}$`,
  );
  for (const entry of entriesOf(folder)) if (matcher.test(entry.name)) step(join(folder, entry.name), rest, found);
}

function step(path: string, rest: readonly string[], found: Set<string>): void {
  const kind = kindOf(path);
  if (kind === "file" && rest.length === 0) add(path, found);
  if (kind === "folder") walk(path, rest, found);
}

function add(path: string, found: Set<string>): void {
  found.add(path);
  if (found.size > maxFiles)
    throw invalidArgument("files", `the patterns name more than ${maxFiles} files.`, "Give a narrower pattern.");
}

const isFile = (folder: string, entry: Dirent): boolean =>
  entry.isFile() || (entry.isSymbolicLink() && kindOf(join(folder, entry.name)) === "file");

function kindOf(path: string): "file" | "folder" | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? "file" : stats?.isDirectory() ? "folder" : undefined;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw invalidArgument(
      "files",
      `${folder} cannot be read: ${messageOf(error)}.`,
      "Run the command as a user that may read it.",
    );
  }
}
