import { day, formatInstant, hour, parseDuration } from "../duration";
import type { Plan } from "./schedule";

/** What is recorded of a renewal that failed while the certificate it was to follow stays in use. */
export interface KeptFailure {
  readonly lastFailure: string;
  readonly attempts: number;
  readonly nextAttemptAt: string;
}

/** What else says when to try again. */
export interface AttemptLimits {
  /** Not before this, says the issuer (`Retry-After`). */
  readonly retryAt?: number;
  /** The moment until which a failure keeps the certificate: no wait reaches over it. */
  readonly until?: number;
}

/** The longest wait of cert-manager's schedule, which begins with an hour. */
const longest = 32 * hour;
/** No limit of a CA has a longer window: whoever names a later moment is asked again then. */
const longestRetryAfter = 7 * day;

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
 * How long to wait after so many failures: cert-manager's schedule, an hour that doubles up to 32, but never so long that
 * the next run of the stack would not try again.
 */
export function backOff(attempts: number, cadence: number): number {
  return Math.min(hour * 2 ** (attempts - 1), longest, cadence / 2);
}

/** When to try again: after the back-off, and not before the issuer's own moment, however many runs that takes. */
export function nextAttempt(attempts: number, now: number, cadence: number, limits: AttemptLimits = {}): number {
  const { retryAt = now, until = Infinity } = limits;
  const wanted = Math.max(now + backOff(attempts, cadence), Math.min(retryAt, now + longestRetryAfter));
  return Math.max(now, Math.min(wanted, until));
}

/** The record of a failure, after `previousAttempts` that failed before it. */
export function keptFailure(
  message: string,
  previousAttempts: number,
  now: number,
  cadence: number,
  limits?: AttemptLimits,
): KeptFailure {
  const attempts = previousAttempts + 1;
  const at = nextAttempt(attempts, now, cadence, limits);
  return { lastFailure: message, attempts, nextAttemptAt: formatInstant(at) };
}

/**
 * Whether it is too early to try again what failed before. What the user has changed since is tried at once: the
 * failure may have been of what was asked for.
 */
export function isBackingOff(nextAttemptAt: string | undefined, now: number, isChanged = false): boolean {
  return !isChanged && nextAttemptAt !== undefined && now < Date.parse(nextAttemptAt);
}
