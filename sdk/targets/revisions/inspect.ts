import { join } from "node:path";
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
}

export async function look(store: Store): Promise<Found> {
  const { host } = store;
  return {
    current: await revisionAt(host, store.current),
    confirmed: await revisionAt(host, store.confirmed),
    previous: await revisionAt(host, store.previous),
    unfinished: (await host.stat(store.unfinished)) !== undefined,
  };
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
  const broken: string[] = [];
  for (const name of Object.keys(manifest.files)) {
    const entry = await store.host.stat(join(store.directory, name));
    if (entry === undefined) broken.push(`${name} is missing.`);
    else if (entry.link !== publicLink(store, name)) broken.push(`${name} was replaced by something else.`);
  }
  return broken;
}

export function asRevision(id: string, manifest: Manifest | undefined): Revision {
  const fingerprintSha256 = manifest?.fingerprintSha256;
  return fingerprintSha256 === undefined ? { id } : { id, fingerprintSha256 };
}

/** The whole of a deployment, for `read`: what is current, what is kept, and what someone else changed. */
export async function observeStore(store: Store): Promise<Observation> {
  const found = await look(store);
  const interrupted = isUnfinished(found);
  const previous = await findRevision(store, found.previous);
  const kept = previous === undefined ? {} : { previous: asRevision(previous.id, previous.manifest) };
  if (found.current === undefined) {
    return { differences: [`Nothing is deployed in ${store.directory}.`], interrupted, ...kept };
  }
  const current = await findRevision(store, found.current);
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
