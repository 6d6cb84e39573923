import { CertificatesError } from "../../errors";
import type { Instance, Revision } from "../target";
import type { BigIp } from "./bigIp";
import { isOurs, makeRoom } from "./claim";
import { readFileObject } from "./fileObjects";
import { asRevision, entryFor } from "./find";
import { type Mark, readMark, writeMark } from "./mark";
import { entriesChange, neededProfile } from "./profile";
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
  const [profile, mark] = await Promise.all([
    neededProfile(bigIp, clientSslProfile),
    neededMark(bigIp, spec, instance),
  ]);
  const revision = mark.revisions[id];
  if (revision === undefined)
    throw new CertificatesError("DeploymentFailed", `${markObject(spec)} does not know the revision ${id} any more.`);
  const keyType = async (): Promise<string | undefined> =>
    (await readFileObject(bigIp, "ssl-key", revision.key))?.keyType;
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

async function neededMark(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<Mark> {
  const mark = await readMark(bigIp, markObject(spec));
  if (mark !== undefined && (isOurs(mark, instance) || spec.takeOver)) return mark;
  const problem = `${markObject(spec)} on ${bigIp.name} ${mark === undefined ? "is gone" : `is that of ${mark.resource} now`}.`;
  throw new CertificatesError("DeploymentFailed", problem, { hint: "Run it again.", retryable: true });
}
