import { join } from "node:path";
import type { Changes } from "../hosts/host";
import { inOrder } from "../hosts/inOrder";
import type { Revision } from "../target";
import { asRevision, look } from "./inspect";
import type { Store } from "./layout";
import { ownLinks } from "./links";
import { readManifest, readManifests } from "./manifest";
import { waiting } from "./prepare";

/** Makes the staged revision the current one: one rename, after which every name leads to its files. */
export async function switchRevision(store: Store): Promise<void> {
  const { host, next } = store;
  const [prepared, names, adoptedNames] = await Promise.all([
    host.list(next),
    host.list(join(next, waiting.names)),
    host.list(join(next, waiting.adoptedNames)),
  ]);
  await inOrder(host, (steps) => {
    const made = [steps.rename(join(next, waiting.unfinished), store.unfinished)];
    if (prepared.includes(waiting.adopted)) {
      made.push(steps.rename(join(next, waiting.adopted), store.current));
      made.push(steps.rename(join(next, waiting.adoptedConfirmed), store.confirmed));
      made.push(steps.syncDirectory(store.home), ...placeNames(store, steps, waiting.adoptedNames, adoptedNames));
    }
    made.push(steps.rename(join(next, waiting.current), store.current));
    made.push(steps.syncDirectory(store.home), ...placeNames(store, steps, waiting.names, names));
    return made;
  });
}

/** Makes the current revision the one to go back to. */
export async function confirmRevision(store: Store): Promise<void> {
  const { host, next } = store;
  const [before, prepared] = await Promise.all([look(store), host.list(next)]);
  const dropped = await droppedNames(store, before.current, [before.confirmed, before.previous]);
  await inOrder(host, (steps) => {
    const made = removeNames(store, steps, dropped);
    if (prepared.includes(waiting.previous)) made.push(steps.rename(join(next, waiting.previous), store.previous));
    made.push(steps.rename(join(next, waiting.confirmed), store.confirmed));
    made.push(steps.rename(join(next, waiting.owner), store.owner), steps.syncDirectory(store.home));
    return made;
  });
}

/** Makes the last confirmed revision the current one again; undefined if there is none. */
export async function restoreRevision(store: Store): Promise<Revision | undefined> {
  const { host, next } = store;
  const [{ current: failed }, restore, names] = await Promise.all([
    look(store),
    host.stat(join(next, waiting.restore)),
    host.list(join(next, waiting.restoredNames)),
  ]);
  if (restore?.link === undefined) return undefined;
  await inOrder(host, (steps) => [
    steps.rename(join(next, waiting.restore), store.current),
    steps.syncDirectory(store.home),
    ...placeNames(store, steps, waiting.restoredNames, names),
  ]);
  const dropped = await droppedNames(store, restore.link, [failed]);
  await inOrder(host, (steps) => removeNames(store, steps, dropped));
  return asRevision(restore.link, await readManifest(store, restore.link));
}

/**
 * Puts every name's link in place. Those that were right already are replaced as well: who watches the directory for
 * renames learns of the switch.
 */
function placeNames(store: Store, steps: Changes, folder: string, names: readonly string[]): Promise<void>[] {
  const { directory, next } = store;
  const placed = names.map((name) => steps.rename(join(next, folder, name), join(directory, name)));
  return [...placed, steps.syncDirectory(directory)];
}

/** This deployment's links for files that other revisions have and the present one has not. */
async function droppedNames(
  store: Store,
  present: string | undefined,
  others: readonly (string | undefined)[],
): Promise<string[]> {
  const manifests = await readManifests(store, [present, ...others]);
  const kept = manifests.get(present ?? "")?.files ?? {};
  const names = [...manifests.values()].flatMap(({ files }) => Object.keys(files).filter((name) => !(name in kept)));
  return ownLinks(store, names);
}

function removeNames(store: Store, steps: Changes, names: readonly string[]): Promise<void>[] {
  if (names.length === 0) return [];
  return [...names.map((name) => steps.removeFile(join(store.directory, name))), steps.syncDirectory(store.directory)];
}
