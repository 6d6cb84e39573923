import { pause } from "./pause";
import { AcmeError } from "./problem";

const firstCeiling = 500;
const lastCeiling = 20_000;
const mostAttempts = 9;

/**
 * How long one run waits for a server in trouble, in total. Waits at the same time count once, so that a run with many
 * orders waits as long as a run with one.
 */
export class RetryBudget {
  private spent = 0;
  private countedUntil = 0;

  constructor(
    private readonly total: number,
    private readonly signal: AbortSignal,
    private readonly report: (line: string) => void = () => undefined,
  ) {}

  /**
   * Tries until it works: after a server's failure or none of its answers with full jitter, after a refusal for a limit
   * when its `Retry-After` has passed, after `badNonce` soon. Throws the last error when the budget does not hold the
   * next wait, or when repeating cannot help. The attempt is told what failed before.
   */
  async run<T>(attempt: (before: AcmeError | undefined) => Promise<T>): Promise<T> {
    let before: AcmeError | undefined;
    for (let failures = 1; ; failures++) {
      try {
        return await attempt(before);
      } catch (error) {
        const wait = error instanceof AcmeError && failures < mostAttempts ? waitAfter(error, failures) : undefined;
        if (wait === undefined || this.signal.aborted || !this.take(wait)) throw error;
        before = error as AcmeError;
        if (wait > 2_000) this.report(`${before.message} Trying again in ${Math.round(wait / 1_000)} s.`);
        await pause(wait, this.signal);
      }
    }
  }

  private take(wait: number): boolean {
    const now = Date.now();
    const until = now + wait;
    const cost = Math.max(0, until - Math.max(now, this.countedUntil));
    if (this.spent + cost > this.total) return false;
    this.spent += cost;
    this.countedUntil = Math.max(this.countedUntil, until);
    return true;
  }
}

/** Milliseconds until it is worth trying again; undefined if it is not. */
function waitAfter(error: AcmeError, failures: number): number | undefined {
  const { problem, retryAt, isIssuersFault } = error.details;
  const jitter = Math.random() * Math.min(lastCeiling, firstCeiling * 2 ** (failures - 1));
  if (error.failureClass === "retryNow") return problem?.type === "badNonce" ? jitter : undefined;
  if (error.failureClass !== "retryLater") return undefined;
  // A little more than asked for: what else waits for the same moment does not come at once.
  if (retryAt !== undefined) return Math.max(0, retryAt - Date.now()) + Math.random() * firstCeiling;
  return isIssuersFault === true ? jitter : undefined;
}
