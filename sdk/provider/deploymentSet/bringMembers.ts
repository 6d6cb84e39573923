import { CertificatesError } from "../../errors";
import type { HostSpec } from "../../targets/hosts/hosts";
import { Lanes } from "../../targets/lane";
import { type CreateContext, Unfinished } from "../define";
import { defaultConcurrency } from "../deployment/bringWaves";
import { deployWave } from "../deployment/deployWave";
import { isAwaited } from "../deployment/state";
import { localWaves, wavesOf } from "../deployment/waves";
import { stateVersion } from "../stateVersion";
import { type Deployed, type DeploymentSetOuts, deployedOf, formatDeployed, memberId } from "./deployed";
import { type DeploymentSetInputs, type Member, membersOf } from "./inputs";
import { withdrawMembers } from "./withdrawMembers";

export interface Bringing extends CreateContext<DeploymentSetInputs> {
  /** Undefined for the first deployment. */
  readonly outs?: DeploymentSetOuts;
}

/**
 * Brings the members that are due to their hosts, wave after wave. One that fails goes back on all hosts of its wave
 * and does not reach the next; the others go on, and the run fails after they are done.
 */
export async function bringMembers(bringing: Bringing): Promise<DeploymentSetOuts> {
  const { id, news, credentials, outs } = bringing;
  const deployed = deployedOf(outs);
  const members = membersOf(news, credentials);
  const present = new Set(members.map(({ name }) => name));
  const waves = wavesOf({ waves: news.waves ?? localWaves }, credentials);
  const lanes = new Lanes(news.concurrency ?? defaultConcurrency);
  const failures = new Map<string, string[]>();
  await bringAll({ id, deployed, waves, lanes, failures }, members);
  if (outs !== undefined) {
    const all = waves.flat();
    const hosts = new Set(all.map(({ name }) => name));
    await withdrawMembers(id, outs, deployed, (member, host) => !present.has(member) || !hosts.has(host), all);
  }
  const { drift: _, ...inputs } = news;
  const done = { ...inputs, stateVersion, deployedJson: formatDeployed(deployed) };
  if (failures.size === 0) return done;
  const error = failureOf(failures, members.length);
  throw new Unfinished<DeploymentSetOuts>(error, { ...done, lastFailure: error.message });
}

/** What one run has in common for all members. */
interface Work {
  readonly id: string;
  readonly deployed: Deployed;
  readonly waves: readonly HostSpec[][];
  readonly lanes: Lanes;
  readonly failures: Map<string, string[]>;
}

async function bringAll(work: Work, members: readonly Member[]): Promise<void> {
  let due = members.filter(({ view }) => !isAwaited(view));
  for (const index of work.waves.keys()) {
    await divide(work, index, await bringTogether(work, index, due));
    due = due.filter(({ name }) => !work.failures.has(name));
  }
}

/** Returns the members that failed by a command that was run for several of them: one of them may be at fault, or none. */
async function bringTogether(
  { id, deployed, waves, lanes, failures }: Work,
  index: number,
  members: readonly Member[],
): Promise<Member[]> {
  const suspects = new Set<Member>();
  await Promise.all(
    members.map(async (member) => {
      const { name, view, credentials } = member;
      const held = deployed.get(name) ?? { target: view.target, hosts: {} };
      const deployment = {
        ...{ id: memberId(id, name), news: view, credentials, former: held.target },
        failedTogether: () => void suspects.add(member),
      };
      const failed = await deployWave(deployment, waves, index, held.hosts, lanes);
      if (Object.keys(held.hosts).length > 0) deployed.set(name, held);
      if (failed.length > 0) failures.set(name, failed);
      else {
        failures.delete(name);
        if (index === waves.length - 1) held.target = view.target;
      }
    }),
  );
  return [...suspects].filter(({ name }) => failures.has(name));
}

/** Tries halves of those that failed together, as long as that helps some of them. */
async function divide(work: Work, index: number, suspects: readonly Member[]): Promise<void> {
  if (suspects.length < 2) return;
  const half = Math.ceil(suspects.length / 2);
  const left: Member[][] = [];
  for (const part of [suspects.slice(0, half), suspects.slice(half)]) left.push(await bringTogether(work, index, part));
  if (suspects.every(({ name }) => work.failures.has(name))) return;
  for (const part of left) await divide(work, index, part);
}

const mostNamed = 20;

/** Many members fail for the same reason, such as a host that is down: each reason is told once. */
function failureOf(failures: ReadonlyMap<string, readonly string[]>, count: number): CertificatesError {
  const byReason = new Map<string, string[]>();
  for (const [name, reasons] of failures)
    for (const reason of reasons) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  const lines = [...byReason].map(([reason, names]) => `${listed(names)}: ${reason}`);
  const more = lines.length > mostNamed ? [`And ${lines.length - mostNamed} more reasons.`] : [];
  const message = [
    `${failures.size} of ${count} members failed, all others are done; the next run goes on with those.`,
    ...lines.slice(0, mostNamed),
    ...more,
  ].join("\n");
  return new CertificatesError("DeploymentFailed", message, { retryable: true });
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return [...names.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
