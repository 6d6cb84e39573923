import { join } from "node:path";
import type { Revision } from "../target";
import { asRevision, findRevision, look } from "./inspect";
import { type Store, publicLink } from "./layout";
import { readManifest } from "./manifest";
import { waiting } from "./prepare";

/** Makes the staged revision the current one: one rename, after which every name leads to its files. */
export async function switchRevision(store: Store): Promise<void> {
  const { host, next } = store;
  await host.rename(join(next, waiting.unfinished), store.unfinished);
  if ((await host.stat(join(next, waiting.adopted))) !== undefined) {
    await host.rename(join(next, waiting.adopted), store.current);
    await host.rename(join(next, waiting.adoptedConfirmed), store.confirmed);
    await host.syncDirectory(store.home);
    await placeNames(store, waiting.adoptedNames);
  }
  await host.rename(join(next, waiting.current), store.current);
  await host.syncDirectory(store.home);
  await placeNames(store, waiting.names);
}

/** Makes the current revision the one to go back to. */
export async function confirmRevision(store: Store): Promise<void> {
  const { host, next } = store;
  const before = await look(store);
  if ((await host.stat(join(next, waiting.previous))) !== undefined) {
    await host.rename(join(next, waiting.previous), store.previous);
  }
  await host.rename(join(next, waiting.confirmed), store.confirmed);
  await host.rename(join(next, waiting.owner), store.owner);
  await host.syncDirectory(store.home);
  await removeDroppedNames(store, [before.confirmed, before.previous]);
}

/** Makes the last confirmed revision the current one again; undefined if there is none. */
export async function restoreRevision(store: Store): Promise<Revision | undefined> {
  const { host, next } = store;
  if ((await host.stat(join(next, waiting.restore))) === undefined) return undefined;
  const failed = (await look(store)).current;
  await host.rename(join(next, waiting.restore), store.current);
  await host.syncDirectory(store.home);
  await placeNames(store, waiting.restoredNames);
  await removeDroppedNames(store, [failed]);
  const restored = (await look(store)).current as string;
  return asRevision(restored, await readManifest(store, restored));
}

/**
 * Puts every name's link in place. Those that were right already are replaced as well: who watches the directory for
 * renames learns of the switch.
 */
async function placeNames(store: Store, folder: string): Promise<void> {
  const { host } = store;
  for (const name of await host.list(join(store.next, folder))) {
    await host.rename(join(store.next, folder, name), join(store.directory, name));
  }
  await host.syncDirectory(store.directory);
}

/** Removes this deployment's links for files that other revisions had and the current one has not. */
async function removeDroppedNames(store: Store, others: readonly (string | undefined)[]): Promise<void> {
  const { host } = store;
  const present = await readManifest(store, (await look(store)).current ?? "");
  for (const id of others) {
    const revision = await findRevision(store, id);
    for (const name of Object.keys(revision?.manifest.files ?? {})) {
      if (present?.files[name] !== undefined) continue;
      const path = join(store.directory, name);
      if ((await host.stat(path))?.link === publicLink(store, name)) await host.removeFile(path);
    }
  }
  await host.syncDirectory(store.directory);
}
