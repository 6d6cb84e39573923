import { HttpFailure, httpRequest, type HttpResponse } from "../net/http";
import { givenUp } from "./pause";
import { AcmeError } from "./problem";
import { readProblem } from "./problemDocument";
import type { CoreResponse } from "./protocolCore";
import { userAgent } from "./userAgent";

/** What a request is for, as it is counted. */
export const requestKinds = [
  "directory",
  "newNonce",
  "newAccount",
  "newOrder",
  "authorization",
  "challenge",
  "finalize",
  "order",
  "certificate",
  "renewalInfo",
  "other",
] as const;
export type RequestKind = (typeof requestKinds)[number];

const timeoutMs = 30_000;
const mostNonces = 64;
const nonceForm = /^[A-Za-z0-9_-]{1,512}$/;

export interface TransportOptions {
  readonly caBundlePem?: string;
  readonly signal: AbortSignal;
}

/**
 * Sends requests to one ACME server, counts them by kind, and keeps the nonce of every answer for the next request, so
 * that `newNonce` is asked only when none is left.
 */
export class Transport {
  readonly requests: Record<RequestKind, number> = Object.fromEntries(requestKinds.map((kind) => [kind, 0])) as Record<
    RequestKind,
    number
  >;
  private readonly nonces: string[] = [];

  constructor(private readonly options: TransportOptions) {}

  /** The answer, whatever its status. Throws `AcmeError` where there is none that can be read. */
  async send(kind: RequestKind, url: string, method: string, message?: unknown): Promise<CoreResponse> {
    this.requests[kind] += 1;
    let response: HttpResponse;
    try {
      response = await httpRequest({
        url,
        method,
        timeoutMs,
        signal: this.options.signal,
        headers: {
          "user-agent": userAgent(),
          "accept-language": "en",
          ...(message !== undefined && { "content-type": "application/jose+json" }),
        },
        ...(message !== undefined && { body: JSON.stringify(message) }),
        ...(this.options.caBundlePem !== undefined && { caBundlePem: this.options.caBundlePem }),
      });
    } catch (error) {
      throw withoutAnswer(error);
    }
    const data = readBody(url, response);
    // A nonce of newNonce goes to who asked for it, that of badNonce into the repetition.
    if (kind !== "newNonce" && readProblem(data, response.status).type !== "badNonce")
      this.keepNonce(response.headers["replay-nonce"]);
    return { status: response.status, headers: response.headers, data };
  }

  /** A nonce that was not used yet; the youngest, because old ones expire first. */
  takeNonce(): string | undefined {
    return this.nonces.pop();
  }

  private keepNonce(header: string | undefined): void {
    const nonce = header?.split(",", 1)[0]?.trim();
    if (nonce === undefined || !nonceForm.test(nonce)) return;
    this.nonces.push(nonce);
    if (this.nonces.length > mostNonces) this.nonces.shift();
  }
}

function readBody(url: string, response: HttpResponse): unknown {
  const text = response.body.toString("utf8");
  if (!/^application\/(?:[a-z.-]+\+)?json\b/i.test(response.headers["content-type"] ?? "")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (response.status >= 400 || text === "") return text;
    throw new AcmeError(`The ACME server ${new URL(url).host} sent an answer that is no JSON.`, "retryLater", {
      cause,
      isIssuersFault: true,
    });
  }
}

function withoutAnswer(error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error;
  if (error.kind === "aborted") return givenUp(error);
  const message = `The ACME server gave no answer: ${error.message}`;
  if (error.kind === "tls")
    return new AcmeError(message, "nextIssuer", {
      cause: error,
      isIssuersFault: true,
      hint: "If its certificate comes from a private CA, set caBundlePem to the root.",
    });
  const failureClass = error.kind === "tooLarge" ? "nextIssuer" : "retryLater";
  return new AcmeError(message, failureClass, { cause: error, isIssuersFault: true });
}
