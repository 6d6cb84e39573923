import { join } from "node:path";
import { inOrder } from "../hosts/inOrder";
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
  await inOrder(host, (steps) => [
    steps.makeDirectory(waiting, privateMode),
    ...Object.keys(manifest?.files ?? {}).flatMap((name) => [
      steps.makeLink(join(waiting, name), publicLink(store, name)),
      steps.rename(join(waiting, name), join(directory, name)),
    ]),
    steps.removeTree(madeNext ? next : waiting),
  ]);
}
