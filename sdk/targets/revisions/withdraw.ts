import { basename, join } from "node:path";
import { inOrder } from "../hosts/inOrder";
import { placeDirectory } from "../hosts/trustedPath";
import { type Store, createdPrefix, privateMode, releasedName } from "./layout";
import { linksToHome } from "./links";
import { homesIn, readOwner } from "./ownership";

/**
 * Ends a deployment. `leave` keeps what servers use and notes that nobody owns it any more; `remove` takes away the
 * names that lead into this deployment's home, the home, and after the last one the directories that were made.
 * What bears another instance's mark stays in either case.
 */
export async function withdrawRevisions(store: Store, manner: "leave" | "remove"): Promise<void> {
  const { host } = store;
  await placeDirectory(host, store.directory, store.property);
  if ((await host.stat(store.home)) === undefined) return;
  const links = await linksToHome(store);
  if (manner === "leave" && links.length > 0) return release(store);
  await inOrder(host, (steps) => [
    ...links.map((name) => steps.removeFile(join(store.directory, name))),
    steps.syncDirectory(store.directory),
    steps.removeTree(store.home),
  ]);
  if ((await homesIn(store)).length === 0) await removeDirectories(store);
}

/** Notes that nobody owns the home any more: the note beside the homes first, which says nothing without the other. */
async function release(store: Store): Promise<void> {
  const { host } = store;
  const owner = await readOwner(host, store.home);
  const released = { managedBy: "pulumi-certificates", resource: store.instance.resource, ...owner, released: true };
  const path = join(store.home, "owner.json.new");
  const notes = join(store.store, releasedName);
  const note = join(notes, basename(store.home));
  await inOrder(host, (steps) => [
    steps.makeDirectory(notes, privateMode),
    steps.removeFile(note),
    steps.writeFile(note, new Uint8Array(), 0o600),
    steps.syncDirectory(notes),
    steps.removeFile(path),
    steps.writeFile(path, Buffer.from(`${JSON.stringify(released, undefined, 2)}\n`), 0o644),
    steps.rename(path, store.owner),
    steps.syncDirectory(store.home),
  ]);
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
  await inOrder(host, (steps) => [
    ...notes.map((note) => steps.removeFile(join(store.store, note))),
    steps.removeTree(join(store.store, releasedName)),
  ]);
  await host.removeEmptyDirectory(store.store);
  for (const path of created.sort((left, right) => right.length - left.length)) await host.removeEmptyDirectory(path);
}
