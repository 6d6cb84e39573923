import type { Instance } from "../target";
import type { BigIp } from "./bigIp";
import { isOurs } from "./claim";
import { removeFileObject, removeUpload } from "./fileObjects";
import { entryFor, filesOf, find } from "./find";
import { type Mark, type MarkedRevision, readMark, removeMark, writeMark } from "./mark";
import { entriesChange, readProfile, sameEntry } from "./profile";
import { saveConfiguration } from "./save";
import { type F5Spec, markObject } from "./spec";
import { transact } from "./transaction";

/** Deletes the objects of revisions that are no longer kept; at the end of a deployment the configuration is saved. */
export async function retireOnF5(bigIp: BigIp, spec: F5Spec, instance: Instance, finished: boolean): Promise<void> {
  const mark = await readMark(bigIp, markObject(spec));
  if (mark === undefined || !isOurs(mark, instance)) return;
  const [staying, leaving] = splitByUse(mark);
  for (const [, revision] of leaving) await removeFiles(bigIp, revision);
  if (staying.every(([, { foreign }]) => foreign === true)) await removeMark(bigIp, markObject(spec));
  else if (leaving.length > 0 || finished) {
    const unfinished = mark.unfinished && !finished;
    await writeMark(bigIp, markObject(spec), { ...mark, unfinished, revisions: Object.fromEntries(staying) });
  }
  if (finished) await saveConfiguration(bigIp);
}

/** Deletes what a run left that ended before it could use it. */
export async function removeLeftovers(bigIp: BigIp, spec: F5Spec, mark: Mark): Promise<void> {
  const [staying, leaving] = splitByUse(mark);
  if (leaving.length === 0) return;
  for (const [, revision] of leaving) await removeFiles(bigIp, revision);
  await writeMark(bigIp, markObject(spec), { ...mark, revisions: Object.fromEntries(staying) });
  await saveConfiguration(bigIp);
}

/** The revisions that are kept, and the others. */
function splitByUse({
  current,
  confirmed,
  previous,
  revisions,
}: Mark): [[string, MarkedRevision][], [string, MarkedRevision][]] {
  const kept = new Set([current, confirmed, previous]);
  return partition(Object.entries(revisions), ([id]) => kept.has(id));
}

/** Leaves the certificate to whoever comes next, or takes it out of the profile with all its objects. */
export async function withdrawFromF5(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<void> {
  const { mark } = await find(bigIp, spec);
  if (mark?.instance !== instance.id) return;
  if (spec.onDelete === "leave") {
    if (!mark.released) await writeMark(bigIp, markObject(spec), { ...mark, released: true });
  } else {
    await unbindProfile(bigIp, spec, mark);
    for (const revision of Object.values(mark.revisions)) await removeFiles(bigIp, revision);
    await removeMark(bigIp, markObject(spec));
  }
  await saveConfiguration(bigIp);
}

/** A profile without an entry of its own has those of the profile that it was made from, as after it was made. */
async function unbindProfile(bigIp: BigIp, spec: F5Spec, mark: Mark): Promise<void> {
  const profile = await readProfile(bigIp, spec.clientSslProfile);
  if (profile === undefined) return;
  const own = Object.values(mark.revisions).filter(({ foreign }) => foreign !== true);
  const [leaving, others] = partition(profile.entries, (entry) =>
    own.some((revision) => sameEntry(entry, entryFor(spec, revision))),
  );
  if (leaving.length === 0) return;
  const change = entriesChange(spec.clientSslProfile, others);
  await transact(bigIp, `take the certificate out of ${spec.clientSslProfile}`, [change]);
}

async function removeFiles(bigIp: BigIp, revision: MarkedRevision): Promise<void> {
  if (revision.foreign === true) return;
  for (const [kind, object] of filesOf(revision)) {
    await removeFileObject(bigIp, kind, object);
    // A run that ended while it was installed may have left it there.
    if (revision.checksums === undefined) await removeUpload(bigIp, object);
  }
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
