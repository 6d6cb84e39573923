import { join } from "node:path";
import { placeDirectory } from "../hosts/trustedPath";
import { type Store, homeName, publicLink } from "./layout";
import { homesInUse, readOwner } from "./ownership";

/**
 * Ends a deployment. `leave` keeps what servers use and notes that nobody owns it any more; `remove` takes away the
 * names that lead into this deployment's home, the home, and the directories that it made if they are empty then.
 * What bears another instance's mark stays in either case.
 */
export async function withdrawRevisions(store: Store, manner: "leave" | "remove"): Promise<void> {
  const { host } = store;
  await placeDirectory(host, store.directory, "target.directory");
  if ((await host.stat(store.home)) === undefined) return;
  const owner = await readOwner(host, store.home);
  if (manner === "leave" && (await homesInUse(host, store.directory)).has(homeName(store.instance.id))) {
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
  await host.removeEmptyDirectory(store.store);
  for (const path of [...(owner?.created ?? [])].reverse()) await host.removeEmptyDirectory(path);
}
