import { CertificatesError, type ErrorCode, messageOf } from "../errors";
import type { AnyTargetKind } from "./registry";
import type { Material, Revision, StagedRevision, Step, TargetContext } from "./target";

/** What is to stand on a target: the material given, or a revision that the target still keeps. */
export type Wanted = { readonly material: Material } | { readonly revision: string };

export interface Deployment {
  readonly kind: AnyTargetKind;
  /** As the kind parsed it. */
  readonly spec: unknown;
  readonly wanted: Wanted;
  readonly context: TargetContext;
  /** Throws unless the revision is what is served. */
  readonly verify?: (revision: Revision) => Promise<void>;
}

/** A deployment that failed: its code is that of the first cause, its message has all of them. */
export class FailedDeployment extends CertificatesError {
  /** False if it failed before the switch: then nothing that is in use was changed, and nothing of it is left. */
  readonly switched: boolean;

  constructor(code: ErrorCode, message: string, cause: unknown, switched: boolean) {
    super(code, message, { retryable: true, cause });
    this.switched = switched;
  }
}

export interface Deployed {
  /** False if the target held exactly this already, so that nothing was written or reloaded. */
  readonly changed: boolean;
  readonly current: Revision;
  readonly previous?: Revision;
}

/**
 * Brings a target to what is wanted, in the order that holds for every kind: stage → the target's check of it → switch
 * → the target's check of its configuration → reload → verify → confirm → retire. Up to the switch a failure changes
 * nothing; after it the last confirmed revision comes back and is reloaded. All causes are in the error.
 */
export async function deploy(deployment: Deployment): Promise<Deployed> {
  const { kind, spec, context } = deployment;
  const staged = await stage(deployment);
  if (staged.settled) await verifySettled(deployment, staged);
  else {
    await switchOver(deployment, staged);
    await begin(context, "confirm");
    await kind.confirm(spec, staged, context);
    await begin(context, "retire");
    await kind.retire(spec, true, context);
  }
  const { current, previous } = await kind.observe(spec, context);
  return { changed: !staged.settled, current: current ?? staged, ...(previous === undefined ? {} : { previous }) };
}

async function begin(context: TargetContext, step: Step): Promise<void> {
  await context.beforeStep?.(step);
}

/** Everything that happens before the switch. */
async function stage(deployment: Deployment): Promise<StagedRevision> {
  const { kind, spec, wanted, context } = deployment;
  try {
    await begin(context, "stage");
    const staged =
      "material" in wanted
        ? await kind.stage(spec, wanted.material, context)
        : await kind.stageKept(spec, wanted.revision, context);
    if (!staged.settled) {
      await begin(context, "checkStaged");
      await kind.checkStaged?.(spec, staged, context);
    }
    return staged;
  } catch (error) {
    if (isGone(error)) throw error;
    const causes = [error, ...(await failureIn(() => kind.retire(spec, false, context)))];
    throw failed(deployment, causes, "Nothing that is in use was changed.", false);
  }
}

/** From the switch to the proof that it is served; whatever fails there, the last confirmed revision comes back. */
async function switchOver(deployment: Deployment, staged: StagedRevision): Promise<void> {
  const { kind, spec, context, verify } = deployment;
  let told = staged.resumed;
  try {
    await begin(context, "switch");
    await kind.switch(spec, staged, context);
    await begin(context, "check");
    await kind.check?.(spec, staged, context);
    await begin(context, "reload");
    told = true;
    await kind.reload?.(spec, staged, context);
    await begin(context, "verify");
    await verify?.(staged);
  } catch (error) {
    if (isGone(error)) throw error;
    let back: Revision | undefined;
    const further = await failureIn(async () => {
      back = await kind.restore(spec, context);
      if (back === undefined) return;
      if (told) await kind.reload?.(spec, back, context);
      await kind.retire(spec, true, context);
    });
    throw failed(deployment, [error, ...further], outcomeOf(back, further.length > 0), true);
  }
}

/** A server may have missed its reload although its files are right: it is told once more before this is a failure. */
async function verifySettled(deployment: Deployment, settled: Revision): Promise<void> {
  const { kind, spec, context, verify } = deployment;
  if (verify === undefined) return;
  const [missed] = await failureIn(() => verify(settled));
  if (missed === undefined) return;
  if (isGone(missed)) throw missed;
  const again = await failureIn(async () => {
    await begin(context, "reload");
    await kind.reload?.(spec, settled, context);
    await begin(context, "verify");
    await verify(settled);
  });
  const outcome = "The target holds the right certificate already; reloading it again did not help.";
  if (again.length > 0) throw failed(deployment, again, outcome, true);
}

async function failureIn(work: () => Promise<void>): Promise<unknown[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return [error];
  }
}

/** The engine is gone: nothing more is changed, not even back. The next run finds out where this one stopped. */
function isGone(error: unknown): boolean {
  return CertificatesError.is(error) && error.code === "EngineGone";
}

function outcomeOf(back: Revision | undefined, backFailed: boolean): string {
  const which =
    back?.fingerprintSha256 === undefined
      ? "What was deployed before"
      : `The certificate ${back.fingerprintSha256}, deployed before,`;
  if (backFailed)
    return back === undefined
      ? "Going back failed as well."
      : `${which} is back, but not everything that belongs to it worked.`;
  if (back !== undefined) return `${which} is back in its place.`;
  return "Nothing was deployed there before that could come back: the new files stay, and the next run goes on from here.";
}

function failed(
  deployment: Deployment,
  causes: readonly unknown[],
  outcome: string,
  switched: boolean,
): FailedDeployment {
  const [first] = causes;
  const { kind, spec, context } = deployment;
  const reasons = [...new Set(causes.map((cause) => withFullStop(messageOf(cause))))].join(" Then: ");
  const where = kind.isRemote === true ? kind.place(spec) : `${kind.place(spec)} on ${context.host.name}`;
  const message = `The deployment to ${where} failed: ${reasons} ${outcome}`;
  const cause = causes.length === 1 ? first : new AggregateError(causes, message);
  return new FailedDeployment(CertificatesError.is(first) ? first.code : "DeploymentFailed", message, cause, switched);
}

function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
