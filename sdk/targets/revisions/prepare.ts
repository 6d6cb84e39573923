import { basename, join } from "node:path";
import type { Revision } from "../target";
import { findRevision, look } from "./inspect";
import { type Store, createdPrefix, directoryMode, privateMode, publicLink } from "./layout";
import type { Manifest } from "./manifest";
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
export async function prepare(store: Store, plan: Plan): Promise<void> {
  const { host } = store;
  const found = await look(store);
  const target = plan.staged.id;
  await host.makeDirectory(store.next, privateMode);
  const link = (name: string, leadsTo: string): Promise<void> => host.makeLink(join(store.next, name), leadsTo);

  await link(waiting.current, target);
  await link(waiting.confirmed, target);
  await prepareNames(store, waiting.names, plan.manifest);
  await prepareOwner(store, plan);
  const back = plan.adopted ?? (await findRevision(store, found.confirmed));
  if (back !== undefined && back.id !== target) {
    await link(waiting.restore, back.id);
    await prepareNames(store, waiting.restoredNames, back.manifest);
    if (isWorthKeeping(back, plan)) await link(waiting.previous, back.id);
  }
  if (plan.adopted !== undefined) {
    await link(waiting.adopted, plan.adopted.id);
    await link(waiting.adoptedConfirmed, plan.adopted.id);
    await prepareNames(store, waiting.adoptedNames, plan.adopted.manifest);
  }
  await host.writeFile(join(store.next, waiting.unfinished), new Uint8Array(), 0o600);
  await host.syncDirectory(store.next);
}

/** The previous revision is one of another certificate, in good order: writing the same files anew does not lose it. */
function isWorthKeeping(back: { manifest: Manifest; damage?: readonly string[] }, plan: Plan): boolean {
  const sameCertificate = back.manifest.fingerprintSha256 === plan.manifest.fingerprintSha256;
  return !sameCertificate && (back.damage ?? []).length === 0;
}

async function prepareNames(store: Store, folder: string, manifest: Manifest): Promise<void> {
  const directory = join(store.next, folder);
  await store.host.makeDirectory(directory, privateMode);
  for (const name of Object.keys(manifest.files))
    await store.host.makeLink(join(directory, name), publicLink(store, name));
}

async function prepareOwner(store: Store, plan: Plan): Promise<void> {
  const { host } = store;
  const before = await readOwner(host, store.home);
  const text = ownerText(store, plan.staged.fingerprintSha256);
  await host.writeFile(join(store.next, waiting.owner), text, 0o644);
  if (before !== undefined) return;
  // The first deployment says whose the directory is before anything stands in it, and whatever a run that was killed
  // left of that is replaced.
  await host.writeFile(join(store.next, waiting.firstOwner), text, 0o644);
  await host.rename(join(store.next, waiting.firstOwner), store.owner);
}

/** Writes the metadata anew where only they changed. */
export async function refreshOwner(store: Store, fingerprintSha256: string | undefined): Promise<void> {
  const { host } = store;
  const text = ownerText(store, fingerprintSha256);
  if ((await host.read(store.owner))?.equals(text) === true) return;
  await host.makeDirectory(store.next, privateMode);
  await host.writeFile(join(store.next, waiting.owner), text, 0o644);
  await host.rename(join(store.next, waiting.owner), store.owner);
  await host.removeTree(store.next);
  await host.syncDirectory(store.home);
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
  for (const path of missing) if (await host.makeDirectory(path, directoryMode)) created.push(path);
  for (const path of [store.store, store.home]) await host.makeDirectory(path, privateMode);
  if (created.length > 0) {
    const note = join(store.store, createdPrefix + basename(store.home));
    await host.writeFile(note, Buffer.from(created.join("\n")), 0o600);
  }
  await host.syncDirectory(store.directory);
  await host.syncDirectory(store.store);
}
