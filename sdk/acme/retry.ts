import type { Retry } from "../net/retry";
import { AcmeError } from "./problem";

/**
 * What a failure of an ACME server calls for within a run: after `badNonce`, a failure of its own or no answer another
 * try, after a refusal for a limit one when its `Retry-After` has passed. Nothing else gets better by repeating it.
 */
export function retryOf(error: unknown): Retry {
  if (!(error instanceof AcmeError)) return "never";
  const { problem, retryAt, isIssuersFault } = error.details;
  if (error.failureClass === "retryNow") return problem?.type === "badNonce" ? "backOff" : "never";
  if (error.failureClass !== "retryLater") return "never";
  if (retryAt !== undefined) return { notBefore: retryAt };
  return isIssuersFault === true ? "backOff" : "never";
}
