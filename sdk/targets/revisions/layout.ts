import { join } from "node:path";
import type { Host } from "../hosts/host";
import type { Instance } from "../target";

/** The directory beside the deployed files that holds all revisions of all deployments into the same place. */
export const storeName = ".pulumi-certificates";

/**
 * Everybody may pass through, nobody but the owner may list: whether a file can be read is decided by the file's own
 * owner and mode alone.
 */
export const privateMode = 0o711;
export const directoryMode = 0o755;

/**
 * Where a deployment keeps its files, in the manner of the kubelet's AtomicWriter:
 *
 *     web.pem -> .pulumi-certificates/<instance>/current/web.pem     the names that servers use
 *     .pulumi-certificates/<instance>/7/web.pem                      one directory a revision, complete
 *     .pulumi-certificates/<instance>/current -> 7                   what the names lead to; one rename switches it
 *     .pulumi-certificates/<instance>/confirmed -> 6                 the last one that passed every check
 *     .pulumi-certificates/<instance>/previous -> 5                  the one confirmed before it
 *     .pulumi-certificates/<instance>/unfinished                     there while a deployment is under way
 *     .pulumi-certificates/<instance>/next/                          links and files that only wait to be renamed
 *     .pulumi-certificates/<instance>/owner.json                     whose it is
 *     .pulumi-certificates/.created-<instance>                       the directories that it made
 *     .pulumi-certificates/.released/<instance>                      there once its resource is gone
 */
export interface Layout {
  readonly directory: string;
  readonly store: string;
  readonly home: string;
  readonly current: string;
  readonly confirmed: string;
  readonly previous: string;
  readonly unfinished: string;
  readonly next: string;
  readonly owner: string;
}

/**
 * Beside the homes: which directories a deployment made so that they can hold the files. The last deployment that is
 * removed takes them away.
 */
export const createdPrefix = ".created-";

/** Beside the homes: the names of those whose resource is gone and whose files stay in use. */
export const releasedName = ".released";

/** One deployment's files on one host. */
export interface Store extends Layout {
  readonly host: Host;
  readonly instance: Instance;
  /** The argument that the directory was given by, as errors show it. */
  readonly property: string;
}

export function openStore(host: Host, instance: Instance, directory: string, property = "target.directory"): Store {
  const store = join(directory, storeName);
  const home = join(store, homeName(instance.id));
  const inHome = (name: string): string => join(home, name);
  return {
    host,
    instance,
    property,
    directory,
    store,
    home,
    current: inHome("current"),
    confirmed: inHome("confirmed"),
    previous: inHome("previous"),
    unfinished: inHome("unfinished"),
    next: inHome("next"),
    owner: inHome("owner.json"),
  };
}

/** An id as the name of a directory; its random part, at the end, is kept. */
export function homeName(id: string): string {
  return id
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(-64)
    .replace(/^\./, "_");
}

export function revisionDirectory(store: Layout, revision: string): string {
  return join(store.home, revision);
}

/** What a public name's link says. */
export function publicLink(store: Store, name: string): string {
  return join(storeName, homeName(store.instance.id), "current", name);
}

/** What another deployment left in the same directory, by the name of its home. */
export function storeOfHome({ host, directory, property }: Store, home: string): Store {
  return openStore(host, { id: home, resource: "" }, directory, property);
}

/** The deployment to which a public name's link belongs, by the name of its home; undefined for any other link. */
export function homeOfLink(link: string, name: string): string | undefined {
  const [first, home, current, last, ...rest] = link.split("/");
  const fits = first === storeName && current === "current" && last === name && rest.length === 0;
  return fits ? home : undefined;
}

/** The revision that `current`, `confirmed` or `previous` leads to. */
export async function revisionAt(host: Host, link: string): Promise<string | undefined> {
  const entry = await host.stat(link);
  return entry?.link !== undefined && /^\d+$/.test(entry.link) ? entry.link : undefined;
}
