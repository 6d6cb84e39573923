import { basename, join } from "node:path";
import { inOrder } from "../hosts/inOrder";
import type { Revision } from "../target";
import type { Found } from "./inspect";
import { type Store, createdPrefix, directoryMode, privateMode, publicLink } from "./layout";
import { type Manifest, damageOf } from "./manifest";
import { type OwnerRecord, readOwner } from "./ownership";

/** Names of what waits in `next`. */
export const waiting = {
  current: "current",
  confirmed: "confirmed",
  previous: "previous",
  owner: "owner.json",
  firstOwner: "first-owner.json",
  unfinished: "unfinished",
  names: "names",
  restore: "restore",
  restoredNames: "restored-names",
  adopted: "adopted",
  adoptedConfirmed: "adopted-confirmed",
  adoptedNames: "adopted-names",
} as const;

/** What a deployment found in its home when it began. */
export interface Known {
  readonly found: Found;
  /** Of the revisions that it leads to. */
  readonly manifests: ReadonlyMap<string, Manifest>;
}

export interface Plan {
  readonly staged: Revision;
  readonly manifest: Manifest;
  /** A copy of what others left at the public names, which becomes the confirmed revision first. */
  readonly adopted?: { readonly id: string; readonly manifest: Manifest };
}

/**
 * Makes every link and file that switching, confirming and going back will need, so that those are renames only:
 * nothing after the switch can fail because the disk is full.
 */
export async function prepare(store: Store, known: Known, plan: Plan): Promise<void> {
  const { host, next } = store;
  const { adopted } = plan;
  const target = plan.staged.id;
  const back = adopted ?? confirmedOf(known);
  const [owner, keepsBack] = await Promise.all([readOwner(host, store.home), isWorthKeeping(store, back, plan)]);
  const text = ownerText(store, plan.staged.fingerprintSha256);
  await inOrder(host, (steps) => {
    const link = (name: string, leadsTo: string): Promise<void> => steps.makeLink(join(next, name), leadsTo);
    const names = (folder: string, { files }: Manifest): Promise<unknown>[] => [
      steps.makeDirectory(join(next, folder), privateMode),
      ...Object.keys(files).map((name) => steps.makeLink(join(next, folder, name), publicLink(store, name))),
    ];
    const made: Promise<unknown>[] = [steps.makeDirectory(next, privateMode)];
    made.push(link(waiting.current, target), link(waiting.confirmed, target), ...names(waiting.names, plan.manifest));
    made.push(steps.writeFile(join(next, waiting.owner), text, 0o644));
    if (owner === undefined) {
      // The first deployment says whose the directory is before anything stands in it, and whatever a run that was
      // killed left of that is replaced.
      made.push(steps.writeFile(join(next, waiting.firstOwner), text, 0o644));
      made.push(steps.rename(join(next, waiting.firstOwner), store.owner));
    }
    if (back !== undefined && back.id !== target) {
      made.push(link(waiting.restore, back.id), ...names(waiting.restoredNames, back.manifest));
      if (keepsBack) made.push(link(waiting.previous, back.id));
    }
    if (adopted !== undefined) {
      made.push(link(waiting.adopted, adopted.id), link(waiting.adoptedConfirmed, adopted.id));
      made.push(...names(waiting.adoptedNames, adopted.manifest));
    }
    made.push(steps.writeFile(join(next, waiting.unfinished), new Uint8Array(), 0o600), steps.syncDirectory(next));
    return made;
  });
}

function confirmedOf({ found, manifests }: Known): { id: string; manifest: Manifest } | undefined {
  const id = found.confirmed ?? "";
  const manifest = manifests.get(id);
  return manifest && { id, manifest };
}

/** The previous revision is one of another certificate, in good order: writing the same files anew does not lose it. */
async function isWorthKeeping(
  store: Store,
  back: { id: string; manifest: Manifest } | undefined,
  { adopted, manifest, staged }: Plan,
): Promise<boolean> {
  if (back === undefined || back.id === staged.id) return false;
  if (back.manifest.fingerprintSha256 === manifest.fingerprintSha256) return false;
  return back === adopted || (await damageOf(store, back.id, back.manifest)).length === 0;
}

/** Writes the metadata anew where only they changed. */
export async function refreshOwner(store: Store, fingerprintSha256: string | undefined): Promise<void> {
  const { host } = store;
  const text = ownerText(store, fingerprintSha256);
  if ((await host.read(store.owner))?.equals(text) === true) return;
  await inOrder(host, (steps) => [
    steps.makeDirectory(store.next, privateMode),
    steps.writeFile(join(store.next, waiting.owner), text, 0o644),
    steps.rename(join(store.next, waiting.owner), store.owner),
    steps.removeTree(store.next),
    steps.syncDirectory(store.home),
  ]);
}

function ownerText({ instance }: Store, fingerprintSha256: string | undefined): Buffer {
  const record: OwnerRecord = {
    managedBy: "pulumi-certificates",
    resource: instance.resource,
    ...(instance.owner === undefined ? {} : { owner: instance.owner }),
    ...(fingerprintSha256 === undefined ? {} : { fingerprintSha256 }),
  };
  return Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
}

/** Makes the directories that are missing, and notes which those were. */
export async function makeHome(store: Store, missing: readonly string[]): Promise<void> {
  const { host } = store;
  const created: string[] = [];
  const create = async (making: Promise<boolean>, path: string): Promise<void> => {
    if (await making) created.push(path);
  };
  await inOrder(host, (steps) => [
    ...missing.map((path) => create(steps.makeDirectory(path, directoryMode), path)),
    ...[store.store, store.home].map((path) => steps.makeDirectory(path, privateMode)),
  ]);
  const note = join(store.store, createdPrefix + basename(store.home));
  await inOrder(host, (steps) => [
    ...(created.length > 0 ? [steps.writeFile(note, Buffer.from(created.join("\n")), 0o600)] : []),
    steps.syncDirectory(store.directory),
    steps.syncDirectory(store.store),
  ]);
}
