import { formatInstant } from "../../duration";
import { CertificatesError, messageOf } from "../../errors";
import { type Deployed, type Wanted, FailedDeployment, deploy } from "../../targets/deploy";
import { localHost } from "../../targets/hosts/local";
import type { Revision } from "../../targets/target";
import { canonicalJson } from "../canonical";
import { type CreateContext, Unfinished } from "../define";
import { stateVersion } from "../stateVersion";
import { bringWaves, leave } from "./bringWaves";
import { leftToDo } from "./changes";
import { contextOf, verifyServed } from "./context";
import { credentialsMarker, neededMaterial, openTarget, placeOf } from "./material";
import { type DeploymentInputs, type DeploymentOuts, inputsOf, isAwaited } from "./state";

export interface Bringing extends CreateContext<DeploymentInputs> {
  /** Undefined for the first deployment. */
  readonly outs?: DeploymentOuts;
}

/** Deploys what the inputs ask for, once it is there, then ends the deployment in places that they no longer name. */
export async function bring(bringing: Bringing): Promise<DeploymentOuts> {
  const { id, news, credentials, outs } = bringing;
  if (isAwaited(news)) return { ...inputsOf(news), stateVersion, status: "waiting" };
  if (news.waves !== undefined) return moveToWaves(bringing);
  const { kind, spec } = openTarget(news.target, credentials);
  const context = contextOf(id, news, localHost);
  const wanted = wantedOf(bringing);
  const isVerified = (news.endpoints ?? []).length > 0;
  const verify = (revision: Revision): Promise<void> => verifyServed(news, credentials, revision);
  let deployed: Deployed;
  try {
    deployed = await deploy({ kind, spec, wanted, context, ...(isVerified && { verify }) });
  } catch (error) {
    throw unfinished(bringing, error);
  }
  const done = outputsOf(bringing, deployed);
  const place = kind.place(spec);
  const former = targetsOf(outs).filter((target) => placeOf(target) !== `${kind.kind}:${place}`);
  await withdrawAll(id, { ...done, pending: { targets: former, reason: "" } }, done);
  if (outs?.hosts !== undefined) await leave(bringing, { ...outs.hosts }, new Set());
  return done;
}

/** What this machine held before there were hosts ends once they have it. */
async function moveToWaves(bringing: Bringing): Promise<DeploymentOuts> {
  const { id, outs, news } = bringing;
  const done = await bringWaves(bringing);
  const isHere = (news.waves ?? []).flat().some(({ kind }) => kind === "local");
  if (outs?.deployedRevision === undefined || isHere) return done;
  await withdrawAll(id, { ...done, pending: { targets: targetsOf(outs), reason: "" } }, done);
  return done;
}

/** Ends the deployment in every place that the outputs name; what fails is recorded with `rest`, to be tried again. */
export async function withdrawAll(id: string, outs: DeploymentOuts, rest: DeploymentOuts): Promise<void> {
  const targets = outs.pending?.targets ?? [];
  for (const [index, target] of targets.entries()) {
    try {
      const { kind, spec } = openTarget(target);
      await kind.withdraw(spec, contextOf(id, outs, localHost));
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

function wantedOf({ news, outs, credentials }: Bringing): Wanted {
  if (news.revision !== "previous") return { material: neededMaterial(news, credentials) };
  const revision = outs?.status === "rolledBack" ? outs.deployedRevision : outs?.previousRevision;
  if (revision !== undefined) return { revision };
  throw new CertificatesError("DeploymentFailed", `${news.name} has no previous revision to go back to.`, {
    hint: 'Leave out revision, or set it to "current".',
  });
}

/** What failed before anything was switched is simply tried again; else the state must say what was touched. */
function unfinished({ news, outs }: Bringing, error: unknown): unknown {
  if (!(error instanceof FailedDeployment) || !error.switched) return error;
  const known = outs ?? { ...inputsOf(news), stateVersion };
  const targets = [...targetsOf(outs).slice(1), news.target];
  return new Unfinished<DeploymentOuts>(error, {
    ...known,
    pending: { targets, reason: error.message, ...leftToDo(news) },
  });
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
