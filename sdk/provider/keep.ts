import { AcmeError } from "../acme/problem";
import { messageOf } from "../errors";
import { OrderPending, type PendingOrder } from "../issuers/issuer";
import { type KeptFailure, isBackingOff, keepUntil, keptFailure } from "../lifecycle/backoff";
import { fallbackMoment } from "../lifecycle/fallback";
import { type Reason, mayKeepOnFailure } from "../lifecycle/reasons";
import type { Plan } from "../lifecycle/schedule";
import type { FallbackInputs } from "./candidates";
import type { Run } from "./clock";
import { Unfinished } from "./define";
import type { RenewableInputs, RenewableOuts } from "./renewable";
import { noteStays } from "./runCertificates";

/** Arguments that say which failures the run survives. */
export interface KeepInputs extends RenewableInputs, FallbackInputs {
  readonly pendingFirstIssuance?: boolean;
}

export interface Renewing<Outs> {
  readonly news: KeepInputs;
  readonly outs: Outs;
  readonly run: Run;
  readonly reason: Reason;
  readonly plan: Plan;
  /** The outputs of the certificate that is there, under the arguments as they are now. */
  readonly asItIs: () => Promise<Outs>;
}

/**
 * A renewal that fails keeps the certificate that is there, says so in its outputs and lets the rest of the stack
 * go on, until `keepUntil`; a change that the user made fails the run.
 */
export async function keepOnFailure<Outs extends RenewableOuts>(
  { news, outs, run, reason, plan, asItIs }: Renewing<Outs>,
  work: () => Promise<Outs>,
): Promise<Outs> {
  try {
    return await work();
  } catch (thrown) {
    const { error, pendingOrder } = pendingOf(thrown);
    const kept = keptAfter(error, { news, reason, plan, run, notAfter: outs.notAfter, attempts: outs.attempts });
    if (kept === undefined) throw pendingOrder === undefined ? error : new Unfinished(error, { ...outs, pendingOrder });
    return { ...(await asItIs()), renewal: outs.renewal, ...kept, ...(pendingOrder && { pendingOrder }) };
  }
}

export interface FailedIssuance {
  readonly news: KeepInputs;
  readonly reason: Reason;
  readonly plan: Plan;
  readonly run: Run;
  /** Of the certificate in use; undefined if there is none. */
  readonly notAfter: string | undefined;
  /** How often it failed before. */
  readonly attempts: number | undefined;
}

/** What to record of a failure that the run survives; undefined if the run is to fail. */
export function keptAfter(
  error: unknown,
  { news, reason, plan, run, notAfter, attempts = 0 }: FailedIssuance,
): KeptFailure | undefined {
  if (!mayWait(news, reason)) return undefined;
  const { until, latest } = notAfter === undefined ? unlimited : limitsOf(news, plan, Date.parse(notAfter), run.now);
  if (run.now >= until) return undefined;
  noteStays(news.name);
  return keptFailure(messageOf(error), attempts, run.now, run.cadence, { until: latest, ...retryAtOf(error) });
}

const unlimited = { until: Infinity, latest: Infinity };

/**
 * Until when a failure keeps the certificate, and when to try again at the latest. Fallback issuers get their chance
 * before the run fails, unless the user says otherwise.
 */
function limitsOf(
  { onRenewalFailure, fallbackIssuers = [], fallbackBelow }: KeepInputs,
  plan: Plan,
  notAfter: number,
  now: number,
): typeof unlimited {
  const own = keepUntil(onRenewalFailure?.keepUntil, plan, notAfter);
  if (fallbackIssuers.length === 0) return { until: own, latest: own };
  const fallbackFrom = fallbackMoment(fallbackBelow, plan, notAfter);
  const until = onRenewalFailure?.keepUntil === undefined ? Math.max(own, fallbackFrom) : own;
  return { until, latest: fallbackFrom > now ? Math.min(until, fallbackFrom) : until };
}

/** Whether the run goes on if an issuance for this reason fails. */
function mayWait({ pendingFirstIssuance }: KeepInputs, reason: Reason): boolean {
  return mayKeepOnFailure(reason) || (reason === "DoesNotExist" && pendingFirstIssuance === true);
}

/** Whether what failed before is left for a later run. */
export function isWaiting(news: KeepInputs, reason: Reason, { nextAttemptAt }: RenewableOuts, run: Run): boolean {
  return mayWait(news, reason) && isBackingOff(nextAttemptAt, run.now);
}

/** When the CA said that it may be asked again. */
function retryAtOf(error: unknown): { retryAt?: number } {
  const retryAt = error instanceof AcmeError ? error.details.retryAt : undefined;
  return retryAt === undefined ? {} : { retryAt };
}

/** What failed, and the order that is left to be finished. */
export function pendingOf(thrown: unknown): { error: unknown; pendingOrder?: PendingOrder } {
  return thrown instanceof OrderPending ? { error: thrown.error, pendingOrder: thrown.pending } : { error: thrown };
}
