import { join } from "node:path";
import { look } from "./inspect";
import { type Store, homeName } from "./layout";
import { homesIn, homesInUse, readOwner } from "./ownership";
import { withdrawRevisions } from "./withdraw";

/** Removes what was prepared, and revisions that nothing leads to, also those that a run left half written. */
export async function removeLeftovers(store: Store): Promise<void> {
  const { host } = store;
  if ((await host.stat(store.next)) !== undefined) await host.removeTree(store.next);
  const found = await look(store);
  const kept = new Set([found.current, found.confirmed, found.previous]);
  for (const name of await host.list(store.home)) {
    if (/^\d+(\.staging)?$/.test(name) && !kept.has(name)) await host.removeTree(join(store.home, name));
  }
}

/**
 * Removes what was prepared and what is not kept; last, where all is done, the note that it is under way. Where nothing
 * was ever switched to, nothing stays at all.
 */
export async function retireRevisions(store: Store, finished: boolean): Promise<void> {
  const { host } = store;
  await removeLeftovers(store);
  if (!finished && (await look(store)).current === undefined) return withdrawRevisions(store, "remove");
  await removeReleasedHomes(store);
  if (finished) await host.removeFile(store.unfinished);
  await host.syncDirectory(store.home);
}

/** What a resource that is gone left behind, once no name leads there any more. */
async function removeReleasedHomes(store: Store): Promise<void> {
  const { host } = store;
  const homes = (await homesIn(store)).filter((name) => name !== homeName(store.instance.id));
  if (homes.length === 0) return;
  const used = await homesInUse(host, store.directory);
  for (const name of homes) {
    const path = join(store.store, name);
    if (!used.has(name) && (await readOwner(host, path))?.released === true) await host.removeTree(path);
  }
}
