import { openHost } from "../../targets/hosts/hosts";
import { mapBounded } from "../../verify/mapBounded";
import { contextOf } from "../deployment/context";
import { differencesAt, lookedAt } from "../deployment/observeHosts";
import { type DeploymentSetOuts, deployedOf, formatDeployed, memberId } from "./deployed";
import { hostsOf } from "./withdrawMembers";

const concurrency = 50;

/** Looks at what is on each host; a member that differs there is to be deployed to it again, and no other. */
export async function observeMembers(id: string, outs: DeploymentSetOuts): Promise<DeploymentSetOuts> {
  const deployed = deployedOf(outs);
  const drift: string[] = [];
  for (const spec of hostsOf(outs)) {
    const found = await lookedAt(outs.name, spec, async () => {
      const host = await openHost(spec);
      const lines = await mapBounded([...deployed], concurrency, async ([name, { target, hosts }]) => {
        const before = hosts[spec.name];
        if (before === undefined) return [];
        const context = contextOf(memberId(id, name), { ...outs, name: `${outs.name}/${name}` }, host);
        const differences = await differencesAt(target, context, before);
        if (differences.length > 0) hosts[spec.name] = { ...before, settings: "" };
        return differences.map((line) => `${name} on ${spec.name}: ${line}`);
      });
      return lines.flat();
    });
    drift.push(...found);
  }
  const { drift: _, ...looked } = outs;
  if (drift.length === 0) return looked;
  return { ...looked, deployedJson: formatDeployed(deployed), drift: shortened(drift.sort()) };
}

const mostShown = 50;

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - mostShown;
  return [...lines.slice(0, mostShown), ...(more > 0 ? [`And ${more} more differences.`] : [])];
}
