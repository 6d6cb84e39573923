import { join } from "node:path";
import { inOrder } from "../hosts/inOrder";
import { type Store, privateMode, revisionDirectory } from "./layout";
import { type DesiredFile, type FileRecord, type Manifest, manifestName, marker } from "./manifest";

export interface FileToWrite extends Pick<DesiredFile, "name" | "mode" | "owner" | "source"> {
  readonly bytes: Uint8Array;
}

export function recordsOf(store: Store, files: readonly FileToWrite[]): Record<string, FileRecord> {
  const record = ({ mode, owner, source, bytes }: FileToWrite): FileRecord => ({
    mode,
    ...(owner === undefined ? {} : { owner }),
    source: marker(store, "source", source),
    content: marker(store, "content", bytes),
  });
  return Object.fromEntries(files.map((file) => [file.name, record(file)]));
}

/** Writes a revision under a name that nothing looks for, and gives it its own once it is complete and on disk. */
export async function writeRevision(
  store: Store,
  id: string,
  manifest: Manifest,
  files: readonly FileToWrite[],
): Promise<void> {
  const { host } = store;
  const directory = `${revisionDirectory(store, id)}.staging`;
  try {
    await inOrder(host, (steps) => [
      steps.makeDirectory(directory, privateMode),
      ...files.map((file) => steps.writeFile(join(directory, file.name), file.bytes, file.mode, file.owner)),
      steps.writeFile(join(directory, manifestName), Buffer.from(JSON.stringify(manifest)), 0o600),
      steps.syncDirectory(directory),
      steps.rename(directory, revisionDirectory(store, id)),
      steps.syncDirectory(store.home),
    ]);
  } catch (error) {
    await host.removeTree(directory);
    throw error;
  }
}

/** A number that no revision in a home has, whose entries are given. */
export function nextRevision(names: readonly string[]): string {
  const numbers = names.map((name) => Number(/^\d+/.exec(name)?.[0] ?? 0));
  return String(Math.max(0, ...numbers) + 1);
}
