import { formatInstant } from "../../duration";
import { CertificatesError, messageOf } from "../../errors";
import { type Deployed, type Wanted, deploy } from "../../targets/deploy";
import { type HostSpec, openHost } from "../../targets/hosts/hosts";
import type { Lane, Lanes } from "../../targets/lane";
import type { AnyTargetKind } from "../../targets/registry";
import type { Revision } from "../../targets/target";
import { BrokenWave, bringWave } from "../../targets/wave";
import { digestOf } from "../canonical";
import type { Credentials } from "../define";
import { contextOf, verifyServed } from "./context";
import { credentialsMarker, neededMaterial, openTarget, placeOf } from "./material";
import type { DeploymentInputs, HostOuts } from "./state";

/** A certificate and the target that is to hold it on every host of some waves. */
export interface HostedDeployment {
  /** The mark of the instance on its hosts. */
  readonly id: string;
  readonly news: DeploymentInputs;
  readonly credentials: Credentials;
  /** The target of the last deployment that came to its end, which ends where it is another place. */
  readonly former?: { readonly kind: string };
  /** Called when a command failed that was run for several deployments at once. */
  readonly failedTogether?: () => void;
}

/** What the hosts of one deployment hold, by name. */
export type Hosts = Record<string, HostOuts>;

/** What every host of the deployment is to have in common, and is verified by: a host with the digest of it is done. */
export function settingsOf(news: DeploymentInputs, credentials: Credentials): string {
  const { certificate, target, owner, revision, endpoints } = news;
  const { fingerprintSha256, chainSha256 } = certificate;
  const isPrevious = revision === "previous";
  return digestOf({
    target,
    owner: owner ?? {},
    endpoints: endpoints ?? [],
    ...(isPrevious ? { revision } : { fingerprintSha256, chainSha256, marker: credentialsMarker(credentials) }),
  });
}

/** Brings those hosts of one wave that are not done, records in `hosts` those that then are, and returns what failed. */
export async function deployWave(
  deployment: HostedDeployment,
  waves: readonly HostSpec[][],
  index: number,
  hosts: Hosts,
  lanes: Lanes,
): Promise<string[]> {
  const { news, credentials } = deployment;
  const settings = settingsOf(news, credentials);
  const due = (waves[index] ?? []).filter(({ name }) => hosts[name]?.settings !== settings);
  if (due.length === 0) return [];
  const addresses = addressesOf(due, waves.flat(), index === waves.length - 1);
  let served: Revision | undefined;
  const verify = (): Promise<void> => lanes.ask(() => verifyServed(news, credentials, served, addresses));
  const outcomes = await bringWave(due, {
    name: ({ name }) => name,
    lane: ({ name }) => lanes.of(name),
    bring: (host, arrived) => {
      let isFirst = true;
      return deployTo(deployment, host, hosts[host.name], lanes.of(host.name), (revision) => {
        served = revision;
        // One that held the certificate already, and had to be reloaded once more, is asked by itself.
        const again = isFirst ? arrived() : verify();
        isFirst = false;
        return again;
      });
    },
    verify,
  });
  const failures: Failure[] = [];
  for (const [{ name }, outcome] of outcomes) {
    if ("error" in outcome) failures.push(failureOn(name, outcome.error));
    else hosts[name] = hostOutputs(news, outcome.result, hosts[name], settings);
  }
  // Those that failed themselves come first.
  const told = [false, true].flatMap((isConsequence) => failures.filter((one) => one.isConsequence === isConsequence));
  return [...new Set(told.map(({ message }) => message))];
}

interface Failure {
  readonly message: string;
  /** The host itself did its part. */
  readonly isConsequence: boolean;
}

function failureOn(name: string, error: unknown): Failure {
  const message = messageOf(error);
  const isConsequence = error instanceof BrokenWave || (error instanceof Error && error.cause instanceof BrokenWave);
  return { message: isConsequence || message.includes(name) ? message : `${name}: ${message}`, isConsequence };
}

async function deployTo(
  { id, news, credentials, former, failedTogether }: HostedDeployment,
  spec: HostSpec,
  before: HostOuts | undefined,
  lane: Lane,
  verify: (revision: Revision) => Promise<void>,
): Promise<Deployed> {
  const target = openTarget(news.target, credentials);
  const host = await openHost(spec);
  if (before === undefined) await target.kind.preflight(target.spec, { host, resource: news.name });
  const context = contextOf(id, news, host);
  const wanted = wantedOf(news, credentials, spec, before);
  const deployed = await deploy({
    ...target,
    kind: inLane(target.kind, lane, failedTogether),
    wanted,
    context,
    verify,
  });
  if (before !== undefined && former !== undefined && placeOf(former) !== placeOf(news.target)) {
    const ended = openTarget(former);
    await ended.kind.withdraw(ended.spec, context);
  }
  return deployed;
}

/** The kind, whose steps that concern the whole server are done for all deployments in the lane together. */
function inLane(kind: AnyTargetKind, lane: Lane, failedTogether?: () => void): AnyTargetKind {
  const together =
    (step: "check" | "reload"): NonNullable<AnyTargetKind["check"]> =>
    (spec, current, context) =>
      lane.together(kind.shared?.(spec, step), async () => kind[step]?.(spec, current, context), failedTogether);
  return { ...kind, check: together("check"), reload: together("reload") };
}

function wantedOf(news: DeploymentInputs, credentials: Credentials, { name }: HostSpec, before?: HostOuts): Wanted {
  if (news.revision !== "previous") return { material: neededMaterial(news, credentials) };
  const revision = before?.isRolledBack === true ? before.deployedRevision : before?.previousRevision;
  if (revision !== undefined) return { revision };
  throw new CertificatesError("DeploymentFailed", `${name} has no previous revision of ${news.name} to go back to.`, {
    hint: 'Leave out revision, or set it to "current".',
  });
}

/**
 * The endpoints that show whether a wave serves the certificate: those whose address is that of one of its hosts, and
 * with the last wave those that belong to no host, such as a load balancer's.
 */
function addressesOf(
  due: readonly HostSpec[],
  all: readonly HostSpec[],
  isLast: boolean,
): (address: string) => boolean {
  const names = (hosts: readonly HostSpec[]): Set<string> =>
    new Set(hosts.flatMap((host) => (host.kind === "ssh" ? [host.host] : [])));
  const [own, known] = [names(due), names(all)];
  return (address) => own.has(address) || (isLast && !known.has(address));
}

function hostOutputs(
  { revision }: DeploymentInputs,
  { changed, current, previous }: Deployed,
  before: HostOuts | undefined,
  settings: string,
): HostOuts {
  return {
    settings,
    deployedFingerprint: current.fingerprintSha256 ?? "",
    deployedRevision: current.id,
    ...(revision === "previous" && { isRolledBack: true }),
    ...(previous && { previousRevision: previous.id }),
    ...(previous?.fingerprintSha256 !== undefined && { previousFingerprint: previous.fingerprintSha256 }),
    deployedAt: (changed ? undefined : before?.deployedAt) ?? formatInstant(Date.now()),
  };
}
