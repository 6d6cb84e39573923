import { setTimeout as sleep } from "node:timers/promises";
import { AcmeError } from "./problem";

/** Waits, unless the run ends first. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (cause) {
    throw givenUp(cause);
  }
}

/** The run ended while something was under way; a later one takes it up. */
export function givenUp(cause?: unknown): AcmeError {
  return new AcmeError("The run ended while the ACME server was at work.", "retryLater", {
    cause,
    hint: "The next run takes an order up where it was left.",
  });
}
