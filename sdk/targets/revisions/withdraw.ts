import { join } from "node:path";
import { placeDirectory } from "../hosts/trustedPath";
import { type Store, createdPrefix, homeName, publicLink } from "./layout";
import { homesIn, homesInUse, readOwner } from "./ownership";

/**
 * Ends a deployment. `leave` keeps what servers use and notes that nobody owns it any more; `remove` takes away the
 * names that lead into this deployment's home, the home, and after the last one the directories that were made.
 * What bears another instance's mark stays in either case.
 */
export async function withdrawRevisions(store: Store, manner: "leave" | "remove"): Promise<void> {
  const { host } = store;
  await placeDirectory(host, store.directory, store.property);
  if ((await host.stat(store.home)) === undefined) return;
  if (manner === "leave" && (await homesInUse(host, store.directory)).has(homeName(store.instance.id))) {
    const owner = await readOwner(host, store.home);
    const released = { managedBy: "pulumi-certificates", resource: store.instance.resource, ...owner, released: true };
    const path = join(store.home, "owner.json.new");
    await host.removeFile(path);
    await host.writeFile(path, Buffer.from(`${JSON.stringify(released, undefined, 2)}\n`), 0o644);
    await host.rename(path, store.owner);
    await host.syncDirectory(store.home);
    return;
  }
  for (const name of await host.list(store.directory)) {
    const path = join(store.directory, name);
    if ((await host.stat(path))?.link === publicLink(store, name)) await host.removeFile(path);
  }
  await host.syncDirectory(store.directory);
  await host.removeTree(store.home);
  if ((await homesIn(store)).length === 0) await removeDirectories(store);
}

/** After the last deployment: the store, and the directories that were made for it if nothing else is in them. */
async function removeDirectories(store: Store): Promise<void> {
  const { host } = store;
  const notes = (await host.list(store.store)).filter((name) => name.startsWith(createdPrefix));
  const created: string[] = [];
  for (const note of notes) {
    const paths = (await host.read(join(store.store, note)))?.toString("utf8").split("\n") ?? [];
    created.push(...paths.filter((path) => path !== "" && `${store.directory}/`.startsWith(`${path}/`)));
  }
  for (const note of notes) await host.removeFile(join(store.store, note));
  await host.removeEmptyDirectory(store.store);
  for (const path of created.sort((left, right) => right.length - left.length)) await host.removeEmptyDirectory(path);
}
