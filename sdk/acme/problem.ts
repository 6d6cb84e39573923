import { CertificatesError } from "../errors";

/** A problem document (RFC 7807; RFC 8555, 6.7). */
export interface ProblemDocument {
  /** Without `urn:ietf:params:acme:error:`, such as `rateLimited`; empty where there is none. */
  readonly type: string;
  readonly detail: string;
  readonly status: number;
  readonly identifier?: { readonly type: string; readonly value: string };
  /** A web page about this occurrence: what a person has to do (RFC 8555, 7.3.3). */
  readonly instance?: string;
  readonly subproblems: readonly ProblemDocument[];
}

/**
 * What to do about a failure, whatever the issuer:
 * - `retryNow`: in this run, after a short wait;
 * - `retryLater`: by a later run, or at `retryAt` if that is within the run's budget;
 * - `newOrder`: the order is spent; a new one may succeed once what was wrong (a DNS record) is put right;
 * - `nextIssuer`: this issuer will not do it; a fallback may;
 * - `fatal`: nobody will do it as it was asked for.
 */
export type FailureClass = "retryNow" | "retryLater" | "newOrder" | "nextIssuer" | "fatal";

/** An answer of an ACME server, or the lack of one, that says something went wrong. */
export class AcmeError extends CertificatesError {
  constructor(
    message: string,
    readonly failureClass: FailureClass,
    readonly details: {
      readonly problem?: ProblemDocument;
      /** Milliseconds since 1970: not before this. */
      readonly retryAt?: number;
      readonly hint?: string;
      readonly cause?: unknown;
      /** Whether the fault is the server's own: what opens its circuit breaker. A wrong DNS record is not. */
      readonly isIssuersFault?: boolean;
    } = {},
  ) {
    super("IssuanceFailed", message, {
      ...(details.hint !== undefined && { hint: details.hint }),
      ...(details.cause !== undefined && { cause: details.cause }),
      retryable: failureClass !== "fatal",
    });
  }
}
