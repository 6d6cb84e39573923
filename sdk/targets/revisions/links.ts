import { join } from "node:path";
import { type Store, publicLink } from "./layout";
import { readManifests } from "./manifest";

/** Those of the given names in the directory that lead into this deployment's home. */
export async function ownLinks(store: Store, names: readonly string[]): Promise<string[]> {
  const all = [...new Set(names)];
  const entries = await Promise.all(all.map((name) => store.host.stat(join(store.directory, name))));
  return all.filter((name, index) => entries[index]?.link === publicLink(store, name));
}

/**
 * All names in the directory that lead into this deployment's home. Its revisions know which they may be; the whole
 * directory, which may hold the names of thousands of deployments, is looked at only where one of them is damaged.
 */
export async function linksToHome(store: Store): Promise<string[]> {
  const { host } = store;
  const revisions = (await host.list(store.home)).filter((name) => /^\d+$/.test(name));
  const manifests = await readManifests(store, revisions);
  if (manifests.size < revisions.length) return ownLinks(store, await host.list(store.directory));
  return ownLinks(
    store,
    [...manifests.values()].flatMap(({ files }) => Object.keys(files)),
  );
}
