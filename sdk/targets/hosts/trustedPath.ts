import { join } from "node:path";
import { CertificatesError, invalidArgument } from "../../errors";
import type { Entry, Host } from "./host";

/** Where a directory really is, and which of its last parts do not exist yet, the uppermost first. */
export interface PlacedDirectory {
  readonly missing: readonly string[];
  /** The directory itself, or the nearest one above it. */
  readonly existing: string;
}

const mostLinks = 40;
const sticky = 0o1000;

/**
 * Follows a path from the root and refuses one that other users could redirect: a directory that everyone may change,
 * a link that belongs to someone else, a link at its very end.
 */
export async function placeDirectory(host: Host, path: string, property: string): Promise<PlacedDirectory> {
  const { uid } = await host.identity();
  let rest = path.split("/").filter((part) => part !== "");
  let at = "/";
  let links = 0;
  let asked = ask(host, at, rest);
  while (rest.length > 0) {
    const next = join(at, rest[0] as string);
    const entry = await asked.shift();
    if (entry === undefined) return { existing: at, missing: ancestry(at, rest) };
    if (entry.type === "link") {
      if (rest.length === 1)
        throw refused(property, path, `it is a symbolic link to ${entry.link}`, "Give the real path.");
      if ((entry.uid !== 0 && entry.uid !== uid) || ++links > mostLinks) {
        throw refused(
          property,
          path,
          `${next} is a symbolic link of another user (uid ${entry.uid})`,
          "Give the real path.",
        );
      }
      rest = [...(entry.link as string).split("/").filter((part) => part !== ""), ...rest.slice(1)];
      if ((entry.link as string).startsWith("/")) at = "/";
      asked = ask(host, at, rest);
      continue;
    }
    assertDirectory(entry, next, path, rest.length === 1, property);
    at = next;
    rest = rest.slice(1);
  }
  return { existing: at, missing: [] };
}

/** Looks at all of a path at once: most have no links. */
function ask(host: Host, at: string, rest: readonly string[]): Promise<Entry | undefined>[] {
  const asked = rest.map((_, index) => host.stat(join(at, ...rest.slice(0, index + 1))));
  // What is behind a link or a refusal is not waited for.
  for (const one of asked) one.catch(() => undefined);
  return asked;
}

function assertDirectory(entry: Entry, at: string, path: string, last: boolean, property: string): void {
  if (entry.type !== "directory") {
    throw invalidArgument(property, `${path} cannot be a directory: ${at} is none.`, "Give the path of a directory.");
  }
  if ((entry.mode & 0o002) !== 0 && ((entry.mode & sticky) === 0 || last)) {
    throw refused(property, path, `every user may change ${at}`, `Use a directory of your own, or: chmod o-w ${at}`);
  }
}

function ancestry(existing: string, rest: readonly string[]): string[] {
  return rest.map((_, index) => join(existing, ...rest.slice(0, index + 1)));
}

function refused(property: string, path: string, problem: string, hint: string): CertificatesError {
  return new CertificatesError("ForeignFile", `${property}: ${path} is not used: ${problem}.`, { property, hint });
}
