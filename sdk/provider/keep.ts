import { AcmeError } from "../acme/problem";
import { messageOf } from "../errors";
import { keepUntil, keptFailure } from "../lifecycle/backoff";
import { type Reason, mayKeepOnFailure } from "../lifecycle/reasons";
import type { Plan } from "../lifecycle/schedule";
import { OrderPending, type PendingOrder } from "../issuers/issuer";
import type { Run } from "./clock";
import { Unfinished } from "./define";
import type { RenewableInputs, RenewableOuts } from "./renewable";

export interface Renewing<Outs> {
  readonly news: RenewableInputs;
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
    const until = keepUntil(news.onRenewalFailure?.keepUntil, plan, Date.parse(outs.notAfter ?? ""));
    if (!mayKeepOnFailure(reason) || run.now >= until) {
      throw pendingOrder === undefined ? error : new Unfinished(error, { ...outs, pendingOrder });
    }
    const kept = keptFailure(messageOf(error), outs.attempts ?? 0, run.now, run.cadence, {
      until,
      ...retryAtOf(error),
    });
    return { ...(await asItIs()), renewal: outs.renewal, ...kept, ...(pendingOrder && { pendingOrder }) };
  }
}

/** When the CA said that it may be asked again. */
export function retryAtOf(error: unknown): { retryAt?: number } {
  const retryAt = error instanceof AcmeError ? error.details.retryAt : undefined;
  return retryAt === undefined ? {} : { retryAt };
}

/** What failed, and the order that is left to be finished. */
export function pendingOf(thrown: unknown): { error: unknown; pendingOrder?: PendingOrder } {
  return thrown instanceof OrderPending ? { error: thrown.error, pendingOrder: thrown.pending } : { error: thrown };
}
