import { CertificatesError } from "../../errors";
import { openHost, parseHost } from "../../targets/hosts/hosts";
import { Lanes } from "../../targets/lane";
import { type CreateContext, Unfinished } from "../define";
import { reportProgress } from "../progress";
import { stateVersion } from "../stateVersion";
import { type Hosts, deployWave, settingsOf } from "./deployWave";
import { leftToDo } from "./changes";
import { contextOf } from "./context";
import { credentialsMarker, openTarget } from "./material";
import { type DeploymentInputs, type DeploymentOuts, inputsOf } from "./state";
import { wavesOf } from "./waves";

interface Bringing extends CreateContext<DeploymentInputs> {
  readonly outs?: DeploymentOuts;
}

export const defaultConcurrency = 10;

/**
 * Deploys wave after wave, and only to the hosts that are not done. A wave that fails goes back as a whole, what comes
 * after it is left as it is, and the next run goes on there.
 */
export async function bringWaves(bringing: Bringing): Promise<DeploymentOuts> {
  const { id, news, credentials, outs } = bringing;
  const waves = wavesOf(news, credentials);
  const all = waves.flat();
  const hosts: Hosts = { ...outs?.hosts };
  const deployment = { id, news, credentials, ...(outs && { former: outs.target }) };
  const lanes = new Lanes(news.concurrency ?? defaultConcurrency);
  for (const index of waves.keys()) {
    const failures = await deployWave(deployment, waves, index, hosts, lanes);
    if (failures.length > 0) throw failedWave(bringing, hosts, index, failures, all.length);
  }
  await leave(bringing, hosts, new Set(all.map(({ name }) => name)));
  return outputsOf(bringing, hosts);
}

const mostShown = 5;

function failedWave(
  { news, credentials, outs }: Bringing,
  hosts: Hosts,
  index: number,
  failures: readonly string[],
  count: number,
): Unfinished<DeploymentOuts> {
  const settings = settingsOf(news, credentials);
  const done = Object.values(hosts).filter((host) => host.settings === settings).length;
  const more = failures.length > mostShown ? [`And ${failures.length - mostShown} more.`] : [];
  const reason = [
    `Wave ${index + 1} failed; ${done} of ${count} hosts have what is wanted, the next run goes on with the others.`,
    ...failures.slice(0, mostShown),
    ...more,
  ].join("\n");
  const known = outs ?? { ...inputsOf(news), stateVersion };
  return new Unfinished<DeploymentOuts>(new CertificatesError("DeploymentFailed", reason, { retryable: true }), {
    ...known,
    hosts,
    pending: { targets: [], reason, ...leftToDo(news, (name) => hosts[name]?.settings === settings) },
  });
}

/** Ends the deployment on hosts that no wave names any more. One that cannot be reached is left as it is. */
export async function leave(
  { id, news, outs }: Pick<Bringing, "id" | "news" | "outs">,
  hosts: Hosts,
  kept: ReadonlySet<string>,
): Promise<void> {
  const former = (outs?.waves ?? []).flat().map((host) => parseHost(host, "waves"));
  for (const spec of former.filter(({ name }) => !kept.has(name) && name in hosts)) {
    try {
      const target = openTarget(outs?.target);
      await target.kind.withdraw(target.spec, contextOf(id, outs ?? news, await openHost(spec)));
    } catch (error) {
      if (!CertificatesError.is(error) || error.code === "EngineGone") throw error;
      reportProgress(news.name, `What was deployed to ${spec.name} is left there: ${error.message}`);
    }
    delete hosts[spec.name];
  }
}

function outputsOf({ news, credentials }: Bringing, hosts: Readonly<Hosts>): DeploymentOuts {
  const [first] = Object.values(hosts);
  const marker = credentialsMarker(credentials);
  return {
    ...inputsOf(news),
    stateVersion,
    hosts,
    deployedFingerprint: first?.deployedFingerprint ?? "",
    ...(first?.previousFingerprint !== undefined && { previousFingerprint: first.previousFingerprint }),
    deployedAt: Object.values(hosts).reduce(
      (latest, { deployedAt }) => (deployedAt > latest ? deployedAt : latest),
      "",
    ),
    status: news.revision === "previous" ? "rolledBack" : "deployed",
    ...(marker !== undefined && { credentialsMarker: marker }),
  };
}
