import { basename, join } from "node:path";
import type { Observation, Revision } from "../target";
import { type Store, publicLink, revisionAt } from "./layout";
import { type Manifest, damageOf, readManifest } from "./manifest";

/** A revision on disk. */
export interface FoundRevision {
  readonly id: string;
  readonly manifest: Manifest;
  readonly damage: readonly string[];
}

/** What stands in a deployment's home. */
export interface Found {
  readonly current: string | undefined;
  readonly confirmed: string | undefined;
  readonly previous: string | undefined;
  readonly unfinished: boolean;
  /** All that is in the home. */
  readonly names: readonly string[];
}

export async function look(store: Store): Promise<Found> {
  const { host, home, unfinished } = store;
  const [current, confirmed, previous, names] = await Promise.all([
    revisionAt(host, store.current),
    revisionAt(host, store.confirmed),
    revisionAt(host, store.previous),
    host.list(home),
  ]);
  return { current, confirmed, previous, unfinished: names.includes(basename(unfinished)), names };
}

/** Whether a deployment began and did not come to its end. */
export function isUnfinished(found: Found): boolean {
  return found.unfinished || found.current !== found.confirmed;
}

/** Undefined if there is no such revision, or nothing that says what it should hold. */
export async function findRevision(store: Store, id: string | undefined): Promise<FoundRevision | undefined> {
  const manifest = id === undefined ? undefined : await readManifest(store, id);
  if (id === undefined || manifest === undefined) return undefined;
  return { id, manifest, damage: await damageOf(store, id, manifest) };
}

/** The public names that do not lead into the current revision, as sentences. */
export async function brokenNames(store: Store, manifest: Manifest): Promise<string[]> {
  const sentences = Object.keys(manifest.files).map(async (name) => {
    const entry = await store.host.stat(join(store.directory, name));
    if (entry === undefined) return [`${name} is missing.`];
    return entry.link === publicLink(store, name) ? [] : [`${name} was replaced by something else.`];
  });
  return (await Promise.all(sentences)).flat();
}

export function asRevision(id: string, manifest: Manifest | undefined): Revision {
  const fingerprintSha256 = manifest?.fingerprintSha256;
  return fingerprintSha256 === undefined ? { id } : { id, fingerprintSha256 };
}

/** The whole of a deployment, for `read`: what is current, what is kept, and what someone else changed. */
export async function observeStore(store: Store): Promise<Observation> {
  const found = await look(store);
  const interrupted = isUnfinished(found);
  const [previous, current] = await Promise.all([
    findRevision(store, found.previous),
    findRevision(store, found.current),
  ]);
  const kept = previous === undefined ? {} : { previous: asRevision(previous.id, previous.manifest) };
  if (found.current === undefined) {
    return { differences: [`Nothing is deployed in ${store.directory}.`], interrupted, ...kept };
  }
  if (current === undefined) {
    return {
      differences: [`The revision ${found.current} in ${store.home} is missing or damaged.`],
      interrupted,
      ...kept,
    };
  }
  const sentences = [...current.damage, ...(await brokenNames(store, current.manifest))];
  const differences = [...new Set(sentences)].map((sentence) => join(store.directory, sentence));
  return { current: asRevision(current.id, current.manifest), differences, interrupted, ...kept };
}
