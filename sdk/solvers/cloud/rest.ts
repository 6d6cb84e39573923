import { messageOf } from "../../errors";
import { HttpFailure, type HttpResponse, httpRequest } from "../../net/http";
import { type Retry, type RetrySchedule, WaitBudget, withRetries } from "../../net/retry";
import { parseRetryAfter } from "../../net/retryAfter";
import type { SolverContext } from "../solver";
import { type NamedService, credentialsRefused, unavailable, unexpected } from "./failures";

/** A service with a JSON API. */
export interface RestService extends NamedService {
  /** Base URL without a last slash. */
  readonly endpoint: string;
  /** The value of the Authorization header; undefined to send none. */
  authorization(context: SolverContext): Promise<string | undefined>;
  /** Headers of all requests, for credentials that are not in Authorization. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** Roots to trust besides those of Node.js, PEM. */
  readonly caBundlePem?: string;
  /** What an answer says went wrong. */
  explain(json: unknown): string;
  /** Whether this answer says that there were too many requests, if that is not status 429. */
  readonly isThrottled?: (status: number, json: unknown) => boolean;
}

export interface RestRequest {
  /** For messages: "create the TXT record x". */
  readonly doing: string;
  readonly path: string;
  /** @default GET, or POST with a body */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as a form. */
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** A larger answer is refused. @default 1 MiB */
  readonly maxBytes?: number;
  /** Statuses besides 2xx that the caller understands. */
  readonly accept?: readonly number[];
}

export interface RestAnswer {
  readonly status: number;
  readonly json: unknown;
}

const schedule: RetrySchedule = { first: 500, longest: 8_000, mostAttempts: 6 };
/** All waits of one request together: a minute that the service asks for fits. */
const waitBudget = 61_000;

/** Why a request was not answered, and when it may be. */
class Unanswered extends Error {
  constructor(
    readonly said: string,
    readonly isThrottled: boolean,
    /** Milliseconds since 1970. */
    readonly retryAt: number | undefined,
    cause?: unknown,
  ) {
    super(said, { cause });
  }
}

/**
 * Sends a request and reads its JSON answer. Too many requests, errors of the server and lost connections are tried
 * again within a minute, at the time that `Retry-After` names. Every request here may be repeated.
 */
export async function rest(service: RestService, request: RestRequest, context: SolverContext): Promise<RestAnswer> {
  const report = (error: unknown, wait: number): void => {
    if (error instanceof Unanswered && error.isThrottled)
      context.report(`${service.name} asks for fewer requests: waiting ${Math.ceil(wait / 1_000)} s`);
  };
  const { signal } = context;
  try {
    const budget = new WaitBudget(waitBudget);
    return await withRetries(() => answered(service, request, context), { judge, budget, signal, schedule, report });
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const { said, retryAt, cause } = error;
    const details = { ...(retryAt !== undefined && { retryAt }), ...(cause !== undefined && { cause }) };
    throw unavailable(service, request.doing, said, details);
  }
}

function judge(error: unknown): Retry {
  if (!(error instanceof Unanswered)) return "never";
  return error.retryAt === undefined ? "backOff" : { notBefore: error.retryAt };
}

/** One attempt: an answer that the caller understands, `Unanswered`, or the error of a refusal. */
async function answered(service: RestService, request: RestRequest, context: SolverContext): Promise<RestAnswer> {
  const { doing, accept = [] } = request;
  const answer = await send(service, request, context);
  const { status } = answer;
  const json = jsonOf(answer);
  const isThrottled = status === 429 || service.isThrottled?.(status, json) === true;
  if (isThrottled || status >= 500) {
    const wait = parseRetryAfter(answer.headers["retry-after"]);
    const retryAt = wait === undefined ? undefined : Date.now() + wait;
    throw new Unanswered(
      isThrottled ? "too many requests" : service.explain(json) || `HTTP ${status}`,
      isThrottled,
      retryAt,
    );
  }
  if ((status >= 200 && status < 300) || accept.includes(status)) return { status, json };
  const said = service.explain(json) || `HTTP status ${status}`;
  if (status === 401 || status === 403) throw credentialsRefused(service, doing, said);
  throw unexpected(service, doing, said);
}

async function send(service: RestService, request: RestRequest, context: SolverContext): Promise<HttpResponse> {
  const { path, method, headers, body, maxBytes, form } = request;
  const authorization = await service.authorization(context);
  const type = form === undefined ? "application/json" : "application/x-www-form-urlencoded";
  const json = body === undefined ? undefined : JSON.stringify(body);
  const content = form === undefined ? json : new URLSearchParams(form).toString();
  try {
    return await httpRequest({
      url: `${service.endpoint}${path}`,
      ...(method !== undefined && { method }),
      headers: {
        accept: "application/json",
        "user-agent": "pulumi-certificates",
        ...(authorization !== undefined && { authorization }),
        ...service.headers?.(),
        ...(content !== undefined && { "content-type": type }),
        ...headers,
      },
      ...(content !== undefined && { body: content }),
      ...(maxBytes !== undefined && { maxBytes }),
      ...(service.caBundlePem !== undefined && { caBundlePem: service.caBundlePem }),
      signal: context.signal,
    });
  } catch (error) {
    // A certificate that is not trusted stays so; everything else may be over soon.
    if (!(error instanceof HttpFailure) || error.kind === "aborted") throw error;
    if (error.kind === "tls") throw unavailable(service, request.doing, messageOf(error), { cause: error });
    throw new Unanswered(messageOf(error), false, undefined, error);
  }
}

/** The JSON of an answer; its text where it is none, such as an error page of something in between. */
export function jsonOf({ body }: HttpResponse): unknown {
  const text = body.toString("utf8");
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
