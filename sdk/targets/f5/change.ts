import { CertificatesError } from "../../errors";
import type { Instance, Revision } from "../target";
import type { BigIp } from "./bigIp";
import { isOurs, makeRoom } from "./claim";
import { readFileObject, removeFileObject, removeUpload } from "./fileObjects";
import { asRevision, entryFor, filesOf, find } from "./find";
import { type Mark, type MarkedRevision, readMark, removeMark, writeMark } from "./mark";
import { entriesChange, neededProfile, readProfile, sameEntry } from "./profile";
import { type F5Spec, markObject } from "./spec";
import { transact } from "./transaction";

/** Has BIG-IP validate the profile with a revision, or use it. */
export async function bindProfile(
  bigIp: BigIp,
  spec: F5Spec,
  id: string,
  instance: Instance,
  validateOnly: boolean,
): Promise<void> {
  const { clientSslProfile } = spec;
  const profile = await neededProfile(bigIp, clientSslProfile);
  const mark = await neededMark(bigIp, spec, instance);
  const revision = mark.revisions[id];
  if (revision === undefined)
    throw new CertificatesError("DeploymentFailed", `${markObject(spec)} does not know the revision ${id} any more.`);
  const keyType = (await readFileObject(bigIp, "ssl-key", revision.key))?.keyType;
  const { others } = await makeRoom(bigIp, spec, { profile, mark }, instance, keyType);
  const change = entriesChange(clientSslProfile, [...others, entryFor(spec, revision)]);
  const doing = `${validateOnly ? "validate" : "change"} the certificate of ${clientSslProfile}`;
  await transact(bigIp, doing, [change], { validateOnly });
}

/** Makes a revision the one that the profile is to use. From now on the deployment is unfinished. */
export async function markCurrent(bigIp: BigIp, spec: F5Spec, id: string, instance: Instance): Promise<void> {
  const { instance: _, owner: _former, ...mark } = await neededMark(bigIp, spec, instance);
  const { id: own, resource, owner } = instance;
  await writeMark(bigIp, markObject(spec), {
    ...mark,
    instance: own,
    resource,
    ...(owner !== undefined && { owner }),
    profile: spec.clientSslProfile,
    released: false,
    unfinished: true,
    current: id,
  });
}

export async function markConfirmed(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<void> {
  const mark = await neededMark(bigIp, spec, instance);
  const { current, confirmed } = mark;
  if (current === undefined || current === confirmed) return;
  const previous = confirmed === undefined ? {} : { previous: confirmed };
  await writeMark(bigIp, markObject(spec), { ...mark, confirmed: current, ...previous });
}

export async function markRestored(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<Revision | undefined> {
  const mark = await neededMark(bigIp, spec, instance);
  const { confirmed } = mark;
  const revision = confirmed === undefined ? undefined : mark.revisions[confirmed];
  if (confirmed === undefined || revision === undefined) return undefined;
  await writeMark(bigIp, markObject(spec), { ...mark, current: confirmed });
  return asRevision(confirmed, revision);
}

/** Deletes the objects of revisions that are no longer kept; at the end of a deployment the configuration is saved. */
export async function retireOnF5(bigIp: BigIp, spec: F5Spec, instance: Instance, finished: boolean): Promise<void> {
  const mark = await readMark(bigIp, markObject(spec));
  if (mark === undefined || !isOurs(mark, instance)) return;
  const kept = new Set([mark.current, mark.confirmed, mark.previous]);
  const [staying, leaving] = partition(Object.entries(mark.revisions), ([id]) => kept.has(id));
  for (const [, revision] of leaving) await removeFiles(bigIp, revision);
  if (staying.every(([, { foreign }]) => foreign === true)) await removeMark(bigIp, markObject(spec));
  else if (leaving.length > 0 || finished) {
    const unfinished = mark.unfinished && !finished;
    await writeMark(bigIp, markObject(spec), { ...mark, unfinished, revisions: Object.fromEntries(staying) });
  }
  if (finished) await saveConfiguration(bigIp);
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

/** Without it the running configuration is lost with the next start of the BIG-IP. */
async function saveConfiguration(bigIp: BigIp): Promise<void> {
  await bigIp.ask({
    doing: "save its configuration",
    path: "/mgmt/tm/sys/config",
    body: { command: "save" },
    repeatable: true,
  });
}

async function neededMark(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<Mark> {
  const mark = await readMark(bigIp, markObject(spec));
  if (mark !== undefined && (isOurs(mark, instance) || spec.takeOver)) return mark;
  const problem = `${markObject(spec)} on ${bigIp.name} ${mark === undefined ? "is gone" : `is that of ${mark.resource} now`}.`;
  throw new CertificatesError("DeploymentFailed", problem, { hint: "Run it again.", retryable: true });
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
