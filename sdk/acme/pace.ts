const initial = 250;
const soonest = 100;
const latest = 2_000;

/**
 * How long one CA usually takes for something, learnt from its answers: the first question comes when the result is
 * likely to be there. That saves time at a fast CA, and questions at a slow one.
 */
export class Pace {
  private wait = initial;
  private step = 0.95;

  /** Milliseconds to wait before the first question. */
  get firstWait(): number {
    return this.wait;
  }

  /**
   * What came of a first question.
   *
   * @param waited how long it was waited for, the `firstWait` of then
   * @param isPunished whether the CA asks to be left alone after questions that come too early
   */
  learn(waited: number, wasDone: boolean, isPunished = false): void {
    // Many that waited equally long at the same time count about as much as one.
    if (wasDone) this.wait = Math.max(soonest, Math.min(this.wait, Math.max(waited * 0.6, this.wait * this.step)));
    else this.wait = Math.min(latest, Math.max(this.wait, waited * 1.6));
    // Of ten first questions one may come too early where that costs little, and of fifty where it costs seconds.
    if (isPunished) this.step = 0.99;
  }
}
