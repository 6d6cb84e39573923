import { basename, dirname, join } from "node:path";
import { invalidArgument } from "../../errors";
import type { Host } from "../hosts/host";
import { inOrder } from "../hosts/inOrder";

/** Lines of a crt-list (HAProxy Configuration Manual, `crt-list`) that are to be there, or not, by the file they name. */
export interface ListEdit {
  readonly add?: string;
  readonly remove?: readonly string[];
}

/** Throws if the crt-list could not be written. */
export async function assertListWritable(host: Host, crtList: string, property: string): Promise<void> {
  const path = (await host.realPath(crtList)) ?? crtList;
  const [obstacle, entry, { uid }] = await Promise.all([
    host.writeObstacle(dirname(path)),
    host.stat(path),
    host.identity(),
  ]);
  if (obstacle !== undefined) {
    const problem = `${crtList} cannot be written on ${host.name}: ${dirname(path)}: ${obstacle}.`;
    throw invalidArgument(property, problem, "Let the user that deploys own that directory.");
  }
  if (entry === undefined || uid === 0 || entry.uid === uid) return;
  const problem = `${crtList} belongs to uid ${entry.uid} on ${host.name}, not to the user that deploys.`;
  throw invalidArgument(property, problem, "Let the user that deploys own it.");
}

/** Whether a line of the crt-list names the file. It is read once for all who ask while it is being read. */
export async function isListed(host: Host, crtList: string, certificatePath: string): Promise<boolean> {
  const key = JSON.stringify([host.name, crtList]);
  const files = reading.get(key) ?? filesIn(host, crtList);
  reading.set(key, files);
  try {
    return (await files).has(certificatePath);
  } finally {
    reading.delete(key);
  }
}

const reading = new Map<string, Promise<ReadonlySet<string | undefined>>>();

async function filesIn(host: Host, crtList: string): Promise<ReadonlySet<string | undefined>> {
  const path = await host.realPath(crtList);
  return new Set(path === undefined ? [] : (await linesIn(host, path)).map(fileIn));
}

/** Changes the crt-list by one rename. What is asked for while it is being written is written together, after it. */
export function editList(host: Host, crtList: string, edit: ListEdit): Promise<void> {
  const key = JSON.stringify([host.name, crtList]);
  const next = queued.get(key);
  if (next !== undefined) {
    next.edits.push(edit);
    return next.written;
  }
  const edits = [edit];
  const written = (running.get(key) ?? Promise.resolve()).then(() => {
    queued.delete(key);
    return rewrite(host, crtList, edits);
  });
  queued.set(key, { edits, written });
  running.set(
    key,
    written.catch(() => undefined),
  );
  return written;
}

const queued = new Map<string, { readonly edits: ListEdit[]; readonly written: Promise<void> }>();
const running = new Map<string, Promise<void>>();

async function rewrite(host: Host, crtList: string, edits: readonly ListEdit[]): Promise<void> {
  const path = (await host.realPath(crtList)) ?? crtList;
  const [before, entry, { uid }] = await Promise.all([linesIn(host, path), host.stat(path), host.identity()]);
  const after = edits.reduce(edited, before);
  if (after.length === before.length && after.every((line, index) => line === before[index])) return;
  const next = join(dirname(path), `.${basename(path)}.new`);
  const content = Buffer.from(after.map((line) => `${line}\n`).join(""));
  await inOrder(host, (steps) => [
    steps.removeFile(next), // of a run that was killed
    steps.writeFile(next, content, entry?.mode ?? 0o644, uid === 0 ? entry : undefined),
    steps.rename(next, path),
    steps.syncDirectory(dirname(path)),
  ]);
}

function edited(lines: readonly string[], { add, remove = [] }: ListEdit): readonly string[] {
  const left = lines.filter((line) => !remove.includes(fileIn(line) ?? ""));
  return add === undefined || left.some((line) => fileIn(line) === add) ? left : [...left, add];
}

async function linesIn(host: Host, path: string): Promise<readonly string[]> {
  const text = (await host.read(path))?.toString("utf8") ?? "";
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** `<file> [options] filters`; undefined for a comment or an empty line. */
function fileIn(line: string): string | undefined {
  const [, file] = /^\s*([^#\s[][^\s[]*)/.exec(line) ?? [];
  return file;
}
