import type { Instance, Observation } from "../target";
import type { BigIp } from "./bigIp";
import { asRevision, bindingDamage, fileDamage, find } from "./find";
import type { F5Spec } from "./spec";

/** What the BIG-IP holds of a deployment, and what somebody else changed. */
export async function observeF5(bigIp: BigIp, spec: F5Spec, instance: Instance): Promise<Observation> {
  const { profile, mark } = await find(bigIp, spec);
  const nothing = `Nothing is deployed to ${spec.clientSslProfile} of ${spec.address}.`;
  if (mark === undefined) return { differences: [nothing], interrupted: false };
  if (mark.instance !== instance.id)
    return { differences: [`${spec.clientSslProfile} is held by ${mark.resource} now.`], interrupted: false };
  const revisionAt = (id: string | undefined) => {
    const revision = id === undefined ? undefined : mark.revisions[id];
    return id === undefined || revision === undefined ? undefined : { id, revision };
  };
  const [current, previous] = [revisionAt(mark.current), revisionAt(mark.previous)];
  const kept = previous === undefined ? {} : { previous: asRevision(previous.id, previous.revision) };
  const interrupted = mark.unfinished || mark.current !== mark.confirmed;
  if (current === undefined) return { differences: [nothing], interrupted, ...kept };
  const differences = [
    ...(await fileDamage(bigIp, current.revision)),
    ...bindingDamage(spec, profile, current.revision),
  ];
  return { current: asRevision(current.id, current.revision), differences, interrupted, ...kept };
}
