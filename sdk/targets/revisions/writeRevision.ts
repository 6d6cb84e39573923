import { join } from "node:path";
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
export async function writeRevision(store: Store, manifest: Manifest, files: readonly FileToWrite[]): Promise<string> {
  const { host } = store;
  const id = await nextRevision(store);
  const directory = `${revisionDirectory(store, id)}.staging`;
  await host.makeDirectory(directory, privateMode);
  try {
    for (const file of files) await host.writeFile(join(directory, file.name), file.bytes, file.mode, file.owner);
    await host.writeFile(join(directory, manifestName), Buffer.from(JSON.stringify(manifest)), 0o600);
    await host.syncDirectory(directory);
    await host.rename(directory, revisionDirectory(store, id));
  } catch (error) {
    await host.removeTree(directory);
    throw error;
  }
  await host.syncDirectory(store.home);
  return id;
}

async function nextRevision(store: Store): Promise<string> {
  const names = await store.host.list(store.home);
  const numbers = names.map((name) => Number(/^\d+/.exec(name)?.[0] ?? 0));
  return String(Math.max(0, ...numbers) + 1);
}
