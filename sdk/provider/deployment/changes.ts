import { type DeploymentCause, deploymentCauses, describeDeployment } from "../../lifecycle/deploymentCauses";
import { localHost } from "../../targets/hosts/local";
import { hasUnknown, unknown } from "../unknown";
import type { DueField } from "./due";
import { openTarget } from "./material";
import type { DeploymentInputs } from "./state";
import { localWaves, wavesOf } from "./waves";

const causeOf: Readonly<Record<DueField, DeploymentCause>> = {
  certificate: "CertificateChanged",
  revision: "RevisionChanged",
  target: "TargetChanged",
  waves: "HostsChanged",
  endpoints: "EndpointsChanged",
  owner: "OwnerChanged",
  drift: "Drifted",
};

/**
 * What this run is about, as a visible input. Only the certificate may be unknown in it: with anything else the run
 * could say something that its preview did not.
 */
export function changesOf(news: DeploymentInputs, olds: DeploymentInputs, fields: readonly DueField[]): string[] {
  const { certificate: _, ...others } = news;
  if (hasUnknown(others)) return unknown as unknown as string[];
  const { kind, spec } = openTarget(news.target);
  const place = kind.isRemote === true ? kind.place(spec) : `${kind.place(spec)} on ${localHost.name}`;
  const wanted = fields.map((field) => causeOf[field]);
  const causes = (Object.keys(deploymentCauses) as DeploymentCause[]).filter((cause) => wanted.includes(cause));
  return describeDeployment({
    causes,
    places: duePlaces(news, olds, fields, place),
    reload: kind.describeReload?.(spec),
    ends: formerPlaces(news, olds),
  });
}

function duePlaces(
  news: DeploymentInputs,
  olds: DeploymentInputs,
  fields: readonly DueField[],
  place: string,
): string[][] {
  if (news.waves === undefined) return [[place]];
  const isDue = hostFilter(olds, fields);
  return wavesOf(news).map((wave) => wave.map(({ name }) => name).filter(isDue));
}

/** Hosts that were added, or that a refresh found changed, are due alone; everything else concerns all of them. */
function hostFilter(olds: DeploymentInputs, fields: readonly DueField[]): (name: string) => boolean {
  if (fields.some((field) => field !== "waves" && field !== "drift")) return () => true;
  const before = new Set(olds.waves === undefined || hasUnknown(olds.waves) ? [] : namesIn(olds));
  const { drift = [] } = olds;
  return (name) => !before.has(name) || drift.some((line) => line.startsWith(`${name}: `));
}

/** Where the deployment was and is not to be any more. */
function formerPlaces(news: DeploymentInputs, olds: DeploymentInputs): string[] {
  if (hasUnknown([olds.target, olds.waves])) return [];
  const [now, before] = [openTarget(news.target), openTarget(olds.target)];
  const former = before.kind.place(before.spec);
  const kept = new Set(namesIn(news));
  const gone = namesIn(olds).filter((name) => !kept.has(name));
  const hasMoved = now.kind !== before.kind || now.kind.place(now.spec) !== former;
  return [...gone, ...(hasMoved ? [former] : [])];
}

function namesIn({ waves = localWaves }: DeploymentInputs): string[] {
  return wavesOf({ waves })
    .flat()
    .map(({ name }) => name);
}
