import { join } from "node:path";
import { look } from "./inspect";
import { type Store, privateMode, publicLink } from "./layout";
import { readManifest } from "./manifest";

/**
 * Renames an equal link over each name: whoever watches the directory for renames reads the files again. What the names
 * lead to stays as it is.
 */
export async function announceNames(store: Store): Promise<void> {
  const { host, next, directory } = store;
  const manifest = await readManifest(store, (await look(store)).current ?? "");
  const madeNext = await host.makeDirectory(next, privateMode);
  const waiting = join(next, "announced");
  await host.makeDirectory(waiting, privateMode);
  for (const name of Object.keys(manifest?.files ?? {})) {
    await host.makeLink(join(waiting, name), publicLink(store, name));
    await host.rename(join(waiting, name), join(directory, name));
  }
  await host.removeTree(madeNext ? next : waiting);
}
