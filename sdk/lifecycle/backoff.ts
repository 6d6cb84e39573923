import { hour } from "../duration";
import { formatInstant, parseDuration } from "../duration";
import type { Plan } from "./schedule";

/** What is recorded of a renewal that failed while the certificate it was to follow stays in use. */
export interface KeptFailure {
  readonly lastFailure: string;
  readonly attempts: number;
  readonly nextAttemptAt: string;
}

/** The moment until which a failed renewal keeps the certificate: by default half of the renewal window before the end. */
export function keepUntil(keepUntilArgument: string | undefined, plan: Plan, notAfter: number): number {
  return (
    notAfter -
    (keepUntilArgument === undefined
      ? plan.renewBefore / 2
      : parseDuration(keepUntilArgument, "onRenewalFailure.keepUntil"))
  );
}

/**
 * An hour, doubled with each attempt, but never so long that the next run of the stack would not try again.
 */
export function keptFailure(message: string, previousAttempts: number, now: number, cadence: number): KeptFailure {
  const wait = Math.min(hour * 2 ** previousAttempts, cadence / 2);
  return { lastFailure: message, attempts: previousAttempts + 1, nextAttemptAt: formatInstant(now + wait) };
}

/** Whether it is too early to try again what failed before. */
export function isBackingOff(nextAttemptAt: string | undefined, now: number): boolean {
  return nextAttemptAt !== undefined && now < Date.parse(nextAttemptAt);
}
