import { messageOf } from "../errors";
import { localHost } from "../targets/hosts/local";
import type { Observation } from "../targets/target";
import { type DiffContext, type ReadContext, defineProvider } from "./define";
import { bring, targetsOf, withdrawAll } from "./deployment/bring";
import { leave } from "./deployment/bringWaves";
import { checkDeployment } from "./deployment/check";
import { contextOf } from "./deployment/context";
import { isDue } from "./deployment/due";
import { credentialsMarker, openTarget } from "./deployment/material";
import { isOutOfReach, observeHosts } from "./deployment/observeHosts";
import { type DeploymentInputs, type DeploymentOuts, inputsOf, isAwaited } from "./deployment/state";
import { reportProgress } from "./progress";
import { migrateState } from "./stateVersion";

function diff({ news, outs, checked }: DiffContext<DeploymentInputs, DeploymentOuts>): boolean {
  if (isAwaited(news)) return false;
  if (outs.deployedFingerprint === undefined || outs.pending !== undefined || (outs.drift ?? []).length > 0)
    return true;
  if (isDue(news, outs)) return true;
  if (checked === undefined || news.revision === "previous") return false;
  const marker = credentialsMarker(checked.credentials);
  return marker !== undefined && marker !== outs.credentialsMarker;
}

/** Looks at what is on the target. What was changed there becomes a visible input, so that the next preview shows it. */
async function read({
  id,
  outs,
}: ReadContext<DeploymentOuts>): Promise<{ outs: DeploymentOuts; inputs?: DeploymentInputs }> {
  if (outs.deployedFingerprint === undefined || outs.pending !== undefined) return { outs };
  const { drift: _, ...deployed } = outs;
  if (outs.hosts !== undefined) return observeHosts(id, deployed);
  const { kind, spec } = openTarget(outs.target);
  let observed: Observation;
  try {
    observed = await kind.observe(spec, contextOf(id, outs, localHost));
  } catch (error) {
    if (kind.isRemote !== true || !isOutOfReach(error)) throw error;
    reportProgress(outs.name, `What is deployed could not be looked at: ${messageOf(error)}`);
    return { outs };
  }
  const { current, differences, interrupted } = observed;
  const drift = [...differences];
  if (current !== undefined && current.id !== outs.deployedRevision) {
    drift.push(`The target holds the revision ${current.id} instead of ${outs.deployedRevision ?? "none"}.`);
  }
  if (interrupted && drift.length === 0) drift.push("A deployment was interrupted.");
  const inputs = inputsOf(outs);
  return drift.length === 0
    ? { outs: deployed, inputs }
    : { outs: { ...deployed, drift }, inputs: { ...inputs, drift } };
}

async function remove({ id, outs }: ReadContext<DeploymentOuts>): Promise<void> {
  if (outs.status === "waiting") return;
  if (outs.hosts !== undefined) return leave({ id, news: outs, outs }, { ...outs.hosts }, new Set());
  await withdrawAll(id, { ...outs, pending: { targets: targetsOf(outs), reason: "" } }, outs);
}

export const certificateDeployment = defineProvider<DeploymentInputs, DeploymentOuts>({
  check: checkDeployment,
  diff,
  create: bring,
  update: bring,
  read,
  delete: remove,
  migrate: migrateState<DeploymentOuts>,
});
