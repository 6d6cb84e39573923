import { formatInstant } from "../../duration";
import { CertificatesError, messageOf } from "../../errors";
import { type Deployed, type Wanted, deploy } from "../../targets/deploy";
import { type HostSpec, openHost, parseHost } from "../../targets/hosts/hosts";
import type { Revision } from "../../targets/target";
import { type Outcome, bringWave } from "../../targets/wave";
import { digestOf } from "../canonical";
import { type CreateContext, type Credentials, Unfinished } from "../define";
import { reportProgress } from "../progress";
import { stateVersion } from "../stateVersion";
import { contextOf, verifyServed } from "./context";
import { credentialsMarker, neededMaterial, openTarget, placeOf } from "./material";
import { type DeploymentInputs, type DeploymentOuts, type HostOuts, inputsOf } from "./state";
import { wavesOf } from "./waves";

interface Bringing extends CreateContext<DeploymentInputs> {
  readonly outs?: DeploymentOuts;
}

const defaultConcurrency = 10;

/**
 * Deploys wave after wave, and only to the hosts that are not done. A wave that fails goes back as a whole, what comes
 * after it is left as it is, and the next run goes on there.
 */
export async function bringWaves(bringing: Bringing): Promise<DeploymentOuts> {
  const { news, credentials, outs } = bringing;
  const waves = wavesOf(news, credentials);
  const all = waves.flat();
  const hosts: Record<string, HostOuts> = { ...outs?.hosts };
  const settings = settingsOf(news, credentials);
  for (const [index, wave] of waves.entries()) {
    const due = wave.filter(({ name }) => hosts[name]?.settings !== settings);
    if (due.length === 0) continue;
    let served: Revision | undefined;
    const addresses = addressesOf(due, all, index === waves.length - 1);
    const verify = async (): Promise<void> => verifyServed(news, credentials, served, addresses);
    const outcomes = await bringWave(due, {
      concurrency: news.concurrency ?? defaultConcurrency,
      name: ({ name }) => name,
      bring: (host, arrived) => {
        let isFirst = true;
        return deployTo(bringing, host, hosts[host.name], (revision) => {
          served = revision;
          // One that held the certificate already, and had to be reloaded once more, is asked by itself.
          const again = isFirst ? arrived() : verify();
          isFirst = false;
          return again;
        });
      },
      verify,
    });
    for (const [{ name }, outcome] of outcomes)
      if ("result" in outcome) hosts[name] = hostOutputs(news, outcome.result, hosts[name], settings);
    const failures = failuresOf(outcomes);
    if (failures.length > 0) throw failedWave(bringing, hosts, index, failures, all.length);
  }
  await leave(bringing, hosts, new Set(all.map(({ name }) => name)));
  return outputsOf(bringing, hosts);
}

/** What every host of the deployment is to have in common, and is verified by: a host with the digest of it is done. */
function settingsOf(news: DeploymentInputs, credentials: Credentials): string {
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

async function deployTo(
  { id, news, credentials, outs }: Bringing,
  spec: HostSpec,
  before: HostOuts | undefined,
  verify: (revision: Revision) => Promise<void>,
): Promise<Deployed> {
  const target = openTarget(news.target, credentials);
  const host = await openHost(spec);
  if (before === undefined) await target.kind.preflight(target.spec, { host, resource: news.name });
  const context = contextOf(id, news, host);
  const deployed = await deploy({ ...target, wanted: wantedOf(news, credentials, spec, before), context, verify });
  if (before !== undefined && outs !== undefined && placeOf(outs.target) !== placeOf(news.target)) {
    const former = openTarget(outs.target);
    await former.kind.withdraw(former.spec, context);
  }
  return deployed;
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

function failuresOf(outcomes: ReadonlyMap<HostSpec, Outcome<Deployed>>): string[] {
  const messages = [...outcomes.values()].flatMap((outcome) => ("error" in outcome ? [messageOf(outcome.error)] : []));
  return [...new Set(messages)];
}

const mostShown = 5;

function failedWave(
  { news, credentials, outs }: Bringing,
  hosts: Record<string, HostOuts>,
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
    pending: { targets: [], reason },
  });
}

/** Ends the deployment on hosts that no wave names any more. One that cannot be reached is left as it is. */
export async function leave(
  { id, news, outs }: Pick<Bringing, "id" | "news" | "outs">,
  hosts: Record<string, HostOuts>,
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

function outputsOf({ news, credentials }: Bringing, hosts: Readonly<Record<string, HostOuts>>): DeploymentOuts {
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
