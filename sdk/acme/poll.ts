import type { Pace } from "./pace";
import { pause } from "./pause";
import { parseRetryAfter } from "../net/retryAfter";

const shortestWait = 250;
const growth = 1.7;
const longestWait = 10_000;
/** What a server may ask for between two questions. */
const longestRetryAfter = 60_000;
/** A wait is shown once it takes so long in all, and then each time that it has taken twice as long. */
const noticed = 10_000;

export interface PollOptions {
  readonly signal: AbortSignal;
  /** For how long to ask, in milliseconds. */
  readonly limitMs: number;
  /** The `Retry-After` of the answer that the first question follows. */
  readonly retryAfter?: string | undefined;
  /** How soon a result is to be expected. @default in a quarter of a second */
  readonly pace?: Pace;
  /** Shows a wait that people would notice: in how many seconds the next question comes. */
  readonly waiting?: (seconds: number) => void;
  /** Makes the error when the time is over. */
  readonly tooLong: () => Error;
}

/**
 * Asks until there is a result: when one is to be expected, then more and more rarely, never sooner than the server's
 * `Retry-After` says.
 */
export async function poll<T>(
  options: PollOptions,
  ask: () => Promise<{ readonly result?: T; readonly retryAfter?: string | undefined }>,
): Promise<T> {
  const start = Date.now();
  const deadline = start + options.limitMs;
  let shownFrom = start + noticed;
  const firstWait = options.pace?.firstWait ?? shortestWait;
  let { retryAfter } = options;
  let questions = 0;
  for (let wait = firstWait; ; wait = Math.min(Math.max(wait * growth, shortestWait), longestWait)) {
    const asked = Math.min(parseRetryAfter(retryAfter) ?? 0, longestRetryAfter);
    const next = Math.max(wait, asked);
    const now = Date.now();
    if (now + next > deadline) throw options.tooLong();
    if (now + next >= shownFrom) {
      options.waiting?.(Math.ceil(next / 1_000));
      shownFrom = start + 2 * Math.max(now + next - start, noticed);
    }
    await pause(next, options.signal);
    const answer = await ask();
    // A question that waited for the server's own time says nothing of when an earlier one would have been answered.
    if (++questions === 1 && next === firstWait)
      options.pace?.learn(firstWait, answer.result !== undefined, answer.retryAfter !== undefined);
    if (answer.result !== undefined) return answer.result;
    retryAfter = answer.retryAfter;
  }
}
