import { CertificatesError } from "../../errors";
import type { Host } from "../../targets/hosts/host";
import { type HostSpec, openHost, parseHost } from "../../targets/hosts/hosts";
import { mapBounded } from "../../verify/mapBounded";
import { canonicalJson } from "../canonical";
import { contextOf } from "../deployment/context";
import { openTarget } from "../deployment/material";
import { localWaves } from "../deployment/waves";
import { reportProgress } from "../progress";
import { isUnknown } from "../unknown";
import { type Deployed, type DeployedMember, type DeploymentSetOuts, memberId } from "./deployed";
import { parseTargets } from "./inputs";

const concurrency = 50;

/** Ends what members have on hosts that are to have it no longer. A host that cannot be reached is left as it is. */
export async function withdrawMembers(
  id: string,
  outs: DeploymentSetOuts,
  deployed: Deployed,
  isGone: (member: string, host: string) => boolean,
  reachable: readonly HostSpec[] = [],
): Promise<void> {
  for (const former of hostsOf(outs)) {
    // What stands in the state has no keys; the hosts of this run have theirs.
    const spec = reachable.find(({ name }) => name === former.name) ?? former;
    const members = [...deployed].filter(([name, { hosts }]) => spec.name in hosts && isGone(name, spec.name));
    if (members.length === 0) continue;
    await told(outs.name, spec, async () => {
      const host = await openHost(spec);
      await mapBounded(members, concurrency, ([name, member]) =>
        told(`${outs.name}/${name}`, spec, () => withdraw(id, outs, name, member, host)),
      );
    });
    for (const [name, { hosts }] of members) {
      delete hosts[spec.name];
      if (Object.keys(hosts).length === 0) deployed.delete(name);
    }
  }
}

/** The hosts of the last run. */
export function hostsOf({ waves = localWaves }: Pick<DeploymentSetOuts, "waves">): HostSpec[] {
  return waves.flat().map((host) => parseHost(host, "waves"));
}

/** A run that failed half way left the new target on some hosts and the one before it on others: both end. */
async function withdraw(
  id: string,
  outs: DeploymentSetOuts,
  name: string,
  { target }: DeployedMember,
  host: Host,
): Promise<void> {
  const latest = isUnknown(outs.targets) ? undefined : parseTargets(outs.targets)[name]?.target;
  const targets = new Map([target, latest ?? target].map((one) => [canonicalJson(one), one]));
  const context = contextOf(memberId(id, name), { ...outs, name: `${outs.name}/${name}` }, host);
  for (const one of targets.values()) {
    const { kind, spec } = openTarget(one);
    await kind.withdraw(spec, context);
  }
}

async function told(name: string, spec: HostSpec, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!CertificatesError.is(error) || error.code === "EngineGone") throw error;
    reportProgress(name, `What was deployed to ${spec.name} is left there: ${error.message}`);
  }
}
