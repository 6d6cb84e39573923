import { formatInstant, parseDuration } from "../../duration";
import { CertificatesError, messageOf } from "../../errors";
import { type Deployed, type Wanted, FailedDeployment, deploy } from "../../targets/deploy";
import { localHost } from "../../targets/hosts/local";
import type { Revision, TargetContext } from "../../targets/target";
import { verificationFailed } from "../../verify/describeFailures";
import { verifyEndpoints } from "../../verify/verifyEndpoints";
import { canonicalJson } from "../canonical";
import { type CreateContext, Unfinished } from "../define";
import { assertEngineAlive } from "../engine";
import { stateVersion } from "../stateVersion";
import { credentialsMarker, materialOf, neededMaterial, openTarget } from "./material";
import { type DeploymentInputs, type DeploymentOuts, inputsOf, isAwaited } from "./state";

export const defaultTimeout = "2m";

export interface Bringing extends CreateContext<DeploymentInputs> {
  /** Undefined for the first deployment. */
  readonly outs?: DeploymentOuts;
}

export function contextOf(id: string, { name, owner }: DeploymentInputs): TargetContext {
  return {
    host: localHost,
    instance: { id, resource: name, ...(owner === undefined ? {} : { owner }) },
    beforeStep: assertEngineAlive,
  };
}

/** Deploys what the inputs ask for, once it is there, then ends the deployment in places that they no longer name. */
export async function bring(bringing: Bringing): Promise<DeploymentOuts> {
  const { id, news, credentials, outs } = bringing;
  if (isAwaited(news)) return { ...inputsOf(news), stateVersion, status: "waiting" };
  const { kind, spec } = openTarget(news.target, credentials);
  const context = contextOf(id, news);
  const wanted = wantedOf(bringing);
  const verify = verifierOf(bringing);
  let deployed: Deployed;
  try {
    deployed = await deploy({ kind, spec, wanted, context, ...(verify === undefined ? {} : { verify }) });
  } catch (error) {
    throw unfinished(bringing, error);
  }
  const done = outputsOf(bringing, deployed);
  const place = kind.place(spec);
  const former = targetsOf(outs).filter((target) => placeOf(target) !== `${kind.kind}:${place}`);
  await withdrawAll(id, { ...done, pending: { targets: former, reason: "" } }, done);
  return done;
}

/** Ends the deployment in every place that the outputs name; what fails is recorded with `rest`, to be tried again. */
export async function withdrawAll(id: string, outs: DeploymentOuts, rest: DeploymentOuts): Promise<void> {
  const targets = outs.pending?.targets ?? [];
  for (const [index, target] of targets.entries()) {
    try {
      const { kind, spec } = openTarget(target);
      await kind.withdraw(spec, contextOf(id, outs));
    } catch (error) {
      throw new Unfinished(error, { ...rest, pending: { targets: targets.slice(index), reason: messageOf(error) } });
    }
  }
}

/** Every target that may hold something of this deployment. */
export function targetsOf(outs: DeploymentOuts | undefined): { readonly kind: string }[] {
  if (outs === undefined) return [];
  const all = [outs.target, ...(outs.pending?.targets ?? [])];
  return [...new Map(all.map((target) => [canonicalJson(target), target])).values()];
}

function placeOf(target: { readonly kind: string }): string {
  const { kind, spec } = openTarget(target);
  return `${kind.kind}:${kind.place(spec)}`;
}

function wantedOf({ news, outs, credentials }: Bringing): Wanted {
  if (news.revision !== "previous") return { material: neededMaterial(news, credentials) };
  const revision = outs?.status === "rolledBack" ? outs.deployedRevision : outs?.previousRevision;
  if (revision !== undefined) return { revision };
  throw new CertificatesError("DeploymentFailed", `${news.name} has no previous revision to go back to.`, {
    hint: 'Leave out revision, or set it to "current".',
  });
}

function verifierOf({ news, credentials }: Bringing): ((revision: Revision) => Promise<void>) | undefined {
  const { endpoints = [], timeout = defaultTimeout, certificate } = news;
  if (endpoints.length === 0) return undefined;
  return async ({ fingerprintSha256 }) => {
    // What was taken over may hold no certificate that anyone knows.
    if (fingerprintSha256 === undefined) return;
    const material = fingerprintSha256 === certificate.fingerprintSha256 ? materialOf(news, credentials) : undefined;
    const { chainPem, trustBundlePem } = material ?? {};
    const result = await verifyEndpoints({
      endpoints,
      timeoutMs: parseDuration(timeout, "timeout"),
      expected: {
        fingerprintSha256,
        dnsNames: certificate.dnsNames,
        ...(chainPem === undefined ? {} : { intermediatesPem: chainPem }),
        ...(trustBundlePem === undefined ? {} : { trustBundlePem }),
      },
    });
    if (!result.ok) throw verificationFailed(result.failures);
  };
}

/** What failed before anything was switched is simply tried again; else the state must say what was touched. */
function unfinished({ news, outs }: Bringing, error: unknown): unknown {
  if (!(error instanceof FailedDeployment) || !error.switched) return error;
  const known = outs ?? { ...inputsOf(news), stateVersion };
  const targets = [...targetsOf(outs).slice(1), news.target];
  return new Unfinished<DeploymentOuts>(error, { ...known, pending: { targets, reason: error.message } });
}

function outputsOf({ news, outs, credentials }: Bringing, { changed, current, previous }: Deployed): DeploymentOuts {
  const rolledBack = news.revision === "previous";
  const marker = rolledBack ? outs?.credentialsMarker : credentialsMarker(credentials);
  return {
    ...inputsOf(news),
    stateVersion,
    deployedFingerprint: current.fingerprintSha256 ?? "",
    deployedRevision: current.id,
    ...(previous === undefined ? {} : { previousRevision: previous.id }),
    ...(previous?.fingerprintSha256 === undefined ? {} : { previousFingerprint: previous.fingerprintSha256 }),
    deployedAt: (changed ? undefined : outs?.deployedAt) ?? formatInstant(Date.now()),
    status: rolledBack ? "rolledBack" : "deployed",
    ...(marker === undefined ? {} : { credentialsMarker: marker }),
  };
}
