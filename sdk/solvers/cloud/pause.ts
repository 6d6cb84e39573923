import { setTimeout as sleep } from "node:timers/promises";

/** Waits, or rejects when the run is given up. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}

/** The wait before another attempt, the first being 0: doubles from `base` up to `most`, with full jitter. */
export function backOff(attempt: number, base: number, most: number): number {
  return Math.random() * Math.min(most, base * 2 ** attempt);
}
