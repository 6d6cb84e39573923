import {
  type DeploymentCause,
  deploymentCauses,
  describeDeployment,
  wantedDigest,
} from "../../lifecycle/deploymentCauses";
import type { HostSpec } from "../../targets/hosts/hosts";
import { localHost } from "../../targets/hosts/local";
import type { AnyTargetKind } from "../../targets/registry";
import { hasUnknown, unknown } from "../unknown";
import type { DueField } from "./due";
import { openTarget } from "./material";
import type { DeploymentInputs, DeploymentOuts } from "./state";
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
  const wanted = fields.map((field) => causeOf[field]);
  const causes = (Object.keys(deploymentCauses) as DeploymentCause[]).filter((cause) => wanted.includes(cause));
  return describeDeployment({
    causes,
    places: duePlaces(news, olds, fields, placeHere(kind, spec)),
    reload: kind.describeReload?.(spec),
    ends: formerPlaces(news, olds),
  });
}

/** What a run that failed left to do, for the preview of the next one: `check` knows nothing of hosts that are done. */
export function leftToDo(
  news: DeploymentInputs,
  isDone: (host: string) => boolean = () => false,
): Pick<NonNullable<DeploymentOuts["pending"]>, "changes" | "wanted"> {
  return { changes: describeEverywhere("NotDone", news, isDone), wanted: wantedDigest(news) };
}

/** A deployment to all of its hosts that are not done. */
export function describeEverywhere(
  cause: DeploymentCause,
  news: DeploymentInputs,
  isDone: (host: string) => boolean = () => false,
): string[] {
  const { kind, spec } = openTarget(news.target);
  const places = allPlaces(news).map((wave) => wave.filter((name) => !isDone(name)));
  return describeDeployment({ causes: [cause], places, reload: kind.describeReload?.(spec), ends: [] });
}

/** The end of a deployment. */
export function describeEnd(olds: DeploymentInputs): string[] {
  return describeDeployment({ causes: ["Removed"], places: [], ends: allPlaces(olds).flat() });
}

function allPlaces(news: DeploymentInputs): string[][] {
  const { kind, spec } = openTarget(news.target);
  return news.waves === undefined ? [[placeHere(kind, spec)]] : wavesOf(news).map(namesOf);
}

function duePlaces(
  news: DeploymentInputs,
  olds: DeploymentInputs,
  fields: readonly DueField[],
  place: string,
): string[][] {
  if (news.waves === undefined) return [[place]];
  const isDue = hostFilter(olds, fields);
  return wavesOf(news).map((wave) => namesOf(wave).filter(isDue));
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

function placeHere(kind: AnyTargetKind, spec: unknown): string {
  return kind.isRemote === true ? kind.place(spec) : `${kind.place(spec)} on ${localHost.name}`;
}

function namesIn({ waves = localWaves }: DeploymentInputs): string[] {
  return namesOf(wavesOf({ waves }).flat());
}

function namesOf(hosts: readonly HostSpec[]): string[] {
  return hosts.map(({ name }) => name);
}
