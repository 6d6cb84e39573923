import { join } from "node:path";
import { inOrder } from "../hosts/inOrder";
import { type Found, look } from "./inspect";
import { type Store, releasedName, storeOfHome } from "./layout";
import { linksToHome } from "./links";
import { readOwner } from "./ownership";
import { withdrawRevisions } from "./withdraw";

/**
 * Removes what was prepared, and revisions that nothing leads to, also those that a run left half written. Returns what
 * then is in the home.
 */
export async function removeLeftovers({ host, home }: Store, found: Found): Promise<string[]> {
  const leftovers = leftoversIn(found);
  await inOrder(host, (steps) => leftovers.map((name) => steps.removeTree(join(home, name))));
  return found.names.filter((name) => !leftovers.includes(name));
}

function leftoversIn({ names, current, confirmed, previous }: Found): string[] {
  const kept = new Set([current, confirmed, previous]);
  return names.filter((name) => name === "next" || (/^\d+(\.staging)?$/.test(name) && !kept.has(name)));
}

/**
 * Removes what was prepared and what is not kept; last, where all is done, the note that it is under way. Where nothing
 * was ever switched to, nothing stays at all.
 */
export async function retireRevisions(store: Store, finished: boolean): Promise<void> {
  const { host } = store;
  const [found, released] = await Promise.all([look(store), host.list(join(store.store, releasedName))]);
  if (!finished && found.current === undefined) {
    await removeLeftovers(store, found);
    return withdrawRevisions(store, "remove");
  }
  for (const home of released) await removeReleasedHome(store, home);
  await inOrder(host, (steps) => [
    ...leftoversIn(found).map((name) => steps.removeTree(join(store.home, name))),
    ...(finished ? [steps.removeFile(store.unfinished)] : []),
    steps.syncDirectory(store.home),
  ]);
}

/** What a resource that is gone left behind, once no name leads there any more. */
async function removeReleasedHome(store: Store, name: string): Promise<void> {
  const { host } = store;
  const left = storeOfHome(store, name);
  const [links, owner] = await Promise.all([linksToHome(left), readOwner(host, left.home)]);
  if (links.length > 0 || (owner !== undefined && owner.released !== true)) return;
  await inOrder(host, (steps) => [
    ...(owner === undefined ? [] : [steps.removeTree(left.home)]),
    steps.removeFile(join(store.store, releasedName, name)),
  ]);
}
