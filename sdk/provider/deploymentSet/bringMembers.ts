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
  const failures = await bringAll(id, members, deployed, waves, news.concurrency);
  if (outs !== undefined) {
    const hosts = new Set(waves.flat().map(({ name }) => name));
    await withdrawMembers(id, outs, deployed, (member, host) => !present.has(member) || !hosts.has(host));
  }
  const { drift: _, ...inputs } = news;
  const done = { ...inputs, stateVersion, deployedJson: formatDeployed(deployed) };
  if (failures.size === 0) return done;
  const error = failureOf(failures, members.length);
  throw new Unfinished<DeploymentSetOuts>(error, { ...done, lastFailure: error.message });
}

async function bringAll(
  id: string,
  members: readonly Member[],
  deployed: Deployed,
  waves: readonly HostSpec[][],
  concurrency = defaultConcurrency,
): Promise<Map<string, string[]>> {
  const failures = new Map<string, string[]>();
  const lanes = new Lanes(concurrency);
  let due = members.filter(({ view }) => !isAwaited(view));
  for (const index of waves.keys()) {
    await Promise.all(
      due.map(async ({ name, view, credentials }) => {
        const before = deployed.get(name);
        const member = before ?? { target: view.target, hosts: {} };
        const deployment = { id: memberId(id, name), news: view, credentials, former: member.target };
        const failed = await deployWave(deployment, waves, index, member.hosts, lanes);
        if (Object.keys(member.hosts).length > 0) deployed.set(name, member);
        if (failed.length > 0) failures.set(name, failed);
        else if (index === waves.length - 1) member.target = view.target;
      }),
    );
    due = due.filter(({ name }) => !failures.has(name));
  }
  return failures;
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
