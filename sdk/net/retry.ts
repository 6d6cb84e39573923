import { setTimeout as sleep } from "node:timers/promises";

/**
 * What a failure calls for: nothing (`never`), another try after a growing wait (`backOff`), or one at the moment that
 * the other side named, in milliseconds since 1970.
 */
export type Retry = "never" | "backOff" | { readonly notBefore: number };

export interface RetrySchedule {
  /** Ceiling of the first wait, in milliseconds; it doubles with each failure. */
  readonly first: number;
  readonly longest: number;
  readonly mostAttempts: number;
}

export const defaultSchedule: RetrySchedule = { first: 500, longest: 20_000, mostAttempts: 9 };

/**
 * Milliseconds to wait after so many failures in a row; undefined if there is to be no other try. Full jitter: anything
 * between nothing and the ceiling, so that many who failed together do not come back together.
 *
 * @param random from 0 up to 1
 */
export function retryDelay(
  retry: Retry,
  failures: number,
  now: number,
  random: number,
  { first, longest, mostAttempts }: RetrySchedule = defaultSchedule,
): number | undefined {
  if (retry === "never" || failures >= mostAttempts) return undefined;
  if (retry === "backOff") return random * Math.min(longest, first * 2 ** (failures - 1));
  // Never early, and a little later: others wait for the same moment.
  return Math.max(0, retry.notBefore - now) + random * first;
}

/**
 * How long one run waits in total, between tries and for answers that did not come. Waits at the same time count once:
 * many that fail together wait as long as one.
 */
export class WaitBudget {
  private spent = 0;
  private countedUntil = 0;

  constructor(
    private readonly total: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes a wait that begins now; false, and nothing taken, if the rest does not hold it. */
  take(wait: number): boolean {
    const now = this.now();
    const cost = Math.max(0, now + wait - Math.max(now, this.countedUntil));
    if (this.spent + cost > this.total) return false;
    this.spent += cost;
    this.countedUntil = Math.max(this.countedUntil, now + wait);
    return true;
  }

  /** Takes what has passed since then, also more than there is. */
  spend(since: number): void {
    const now = this.now();
    this.spent += Math.max(0, now - Math.max(since, this.countedUntil));
    this.countedUntil = Math.max(this.countedUntil, now);
  }
}

export interface RetryOptions {
  /** What to do about whatever was thrown. */
  judge(error: unknown): Retry;
  /** @default none: as often and as long as the schedule says */
  readonly budget?: WaitBudget;
  readonly signal: AbortSignal;
  readonly schedule?: RetrySchedule;
  /** Shows a wait that people would notice. */
  report?(error: unknown, wait: number): void;
  /** @default Math.random */
  readonly random?: () => number;
}

const noticed = 2_000;

/**
 * Tries until it works. Throws the last failure when repeating cannot help, when the budget does not hold the next
 * wait, or when the run ends.
 *
 * @param attempt is given the failure before, and how many there were
 */
export async function withRetries<T>(
  attempt: (before: unknown, failures: number) => Promise<T>,
  { judge, budget, signal, schedule, report, random = Math.random }: RetryOptions,
): Promise<T> {
  let before: unknown;
  for (let failures = 0; ;) {
    const start = Date.now();
    try {
      return await attempt(before, failures);
    } catch (error) {
      failures += 1;
      budget?.spend(start);
      const wait = retryDelay(judge(error), failures, Date.now(), random(), schedule);
      if (wait === undefined || signal.aborted || budget?.take(wait) === false) throw error;
      before = error;
      if (wait > noticed) report?.(error, wait);
      await sleepUnlessAborted(wait, signal);
      if (signal.aborted) throw error;
    }
  }
}

async function sleepUnlessAborted(wait: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(wait, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
