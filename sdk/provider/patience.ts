import { AcmeError } from "../acme/problem";
import { engineSignal } from "./engine";

/** How long a refresh waits for what a CA says, in milliseconds: of one that is down it knows what it knew before. */
export const refreshPatience = 5_000;

/** The answer to a question to a CA, if it comes in time: whatever is under way then is given up. */
export async function answeredWithin<T>(
  limitMs: number,
  directoryUrl: string,
  question: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(limitMs);
  try {
    return await question(AbortSignal.any([engineSignal, late]));
  } catch (error) {
    if (!late.aborted || engineSignal.aborted || !(error instanceof AcmeError)) throw error;
    const message = `The ACME server ${new URL(directoryUrl).host} gave no answer within ${limitMs / 1_000} s.`;
    throw new AcmeError(message, "retryLater", { isIssuersFault: true, cause: error });
  }
}
