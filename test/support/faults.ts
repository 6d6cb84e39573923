import type { AcmeRequestKind } from "./acmeRequests";

/** A request that a fault proxy has received. */
export interface ProxiedRequest {
  readonly kind: AcmeRequestKind;
  readonly method: string;
  readonly path: string;
  /** The content of a signed request; empty for POST-as-GET, undefined for a request without a signature. */
  readonly payload: string | undefined;
  /** How many of this kind there were, this one included. */
  readonly nth: number;
}

/** What goes wrong with a request. With `carriedOut` the server acts on it all the same, and only its answer is lost. */
export type Fault =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A problem document of RFC 7807, or a text. */
      readonly body: object | string;
      readonly carriedOut?: boolean;
    }
  | { readonly kind: "reset"; readonly carriedOut?: boolean }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "held"; readonly until: Promise<unknown> }
  | { readonly kind: "unanswered" }
  | { readonly kind: "truncated"; readonly bytes: number };

export type FaultRule = (request: ProxiedRequest) => Fault | undefined;

const acmeError = (type: string, detail: string): object => ({ type: `urn:ietf:params:acme:error:${type}`, detail });

/** An answer with a problem document, such as `problem(403, "unauthorized", "…")`. */
export const problem = (status: number, type: string, detail: string): Fault => ({
  kind: "answer",
  status,
  body: acmeError(type, detail),
});

/** 5xx as a proxy in front of a CA answers: no problem document, and no nonce. */
export const serverError = (status = 500, retryAfter?: string): Fault => ({
  kind: "answer",
  status,
  body: "<html><body>the server is not well</body></html>",
  headers: { "content-type": "text/html", ...(retryAfter !== undefined && { "retry-after": retryAfter }) },
});

/** 429 rateLimited; `retryAfter` is a number of seconds or an HTTP date. */
export const rateLimited = (retryAfter?: string, detail = "too many new orders recently"): Fault => ({
  kind: "answer",
  status: 429,
  body: acmeError("rateLimited", detail),
  ...(retryAfter !== undefined && { headers: { "retry-after": retryAfter } }),
});

/** The connection is reset before the server sees the request. */
export const reset: Fault = { kind: "reset" };

/** The server carries the request out, and the connection is reset before the client sees the answer. */
export const lostAnswer: Fault = { kind: "reset", carriedOut: true };

/** The answer comes `ms` late. */
export const slow = (ms: number): Fault => ({ kind: "slow", ms });

/** The server sees the request once this has happened. */
export const held = (until: Promise<unknown>): Fault => ({ kind: "held", until });

/** The server never sees the request, and the client waits for the answer. */
export const unanswered: Fault = { kind: "unanswered" };

/** The connection ends after this many bytes of the body. */
export const truncated = (bytes: number): Fault => ({ kind: "truncated", bytes });

/** The first `count` requests of a kind have this fault. */
export const firstOf =
  (kind: AcmeRequestKind, count: number, fault: Fault): FaultRule =>
  (request) =>
    request.kind === kind && request.nth <= count ? fault : undefined;
