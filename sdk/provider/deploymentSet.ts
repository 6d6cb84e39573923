import { sameValue } from "./canonical";
import { type DiffContext, type ReadContext, defineProvider } from "./define";
import { bringMembers } from "./deploymentSet/bringMembers";
import { checkDeploymentSet } from "./deploymentSet/check";
import { type DeploymentSetOuts, deployedOf } from "./deploymentSet/deployed";
import { type DeploymentSetInputs, membersOf } from "./deploymentSet/inputs";
import { materialsOf } from "./deploymentSet/materials";
import { observeMembers } from "./deploymentSet/observeMembers";
import { withdrawMembers } from "./deploymentSet/withdrawMembers";
import { settingsOf } from "./deployment/deployWave";
import { isAwaited } from "./deployment/state";
import { localWaves, wavesOf } from "./deployment/waves";
import { migrateState } from "./stateVersion";
import { isUnknown } from "./unknown";

type Inputs = DeploymentSetInputs;
type Outs = DeploymentSetOuts;

function diff({ news, outs, checked }: DiffContext<Inputs, Outs>): boolean {
  const isOpen = isUnknown(news.targets) || isUnknown(news.certificates);
  if (isOpen || checked === undefined || materialsOf(checked.credentials) === undefined) {
    // Whether passwords changed is not known without the private keys.
    const isAnnounced = checked !== undefined && news.changes.length > 0;
    return isAnnounced || outs.deployedJson === undefined || isUnfinished(outs);
  }
  // How hosts are reached is read from the state by a refresh and a deletion.
  if (!sameValue(news.waves, outs.waves)) return true;
  const deployed = deployedOf(outs);
  const members = membersOf(news, checked.credentials);
  const present = new Set(members.map(({ name }) => name));
  const hosts = wavesOf({ waves: news.waves ?? localWaves }).flat();
  const names = new Set(hosts.map(({ name }) => name));
  for (const [name, member] of deployed)
    if (!present.has(name) || Object.keys(member.hosts).some((host) => !names.has(host))) return true;
  return members.some(({ name, view, credentials }) => {
    if (isAwaited(view)) return false;
    const settings = settingsOf(view, credentials);
    const held = deployed.get(name)?.hosts;
    return hosts.some((host) => held?.[host.name]?.settings !== settings);
  });
}

function isUnfinished({ lastFailure, drift }: Outs): boolean {
  return lastFailure !== undefined || (drift ?? []).length > 0;
}

/** What was changed on a host becomes a visible input, so that the next preview shows it. */
async function read({ id, outs }: ReadContext<Outs>): Promise<{ outs: Outs; inputs?: Partial<Inputs> }> {
  if (outs.deployedJson === undefined) return { outs };
  const looked = await observeMembers(id, outs);
  const { stateVersion: _s, deployedJson: _d, lastFailure: _f, ...inputs } = looked;
  return { outs: looked, inputs };
}

async function remove({ id, outs }: ReadContext<Outs>): Promise<void> {
  await withdrawMembers(id, outs, deployedOf(outs), () => true);
}

export const deploymentSet = defineProvider<Inputs, Outs>({
  check: checkDeploymentSet,
  diff,
  create: bringMembers,
  update: bringMembers,
  read,
  delete: remove,
  migrate: migrateState<Outs>,
});
