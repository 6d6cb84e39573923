import { messageOf } from "../../errors";
import { HttpFailure, type HttpResponse, httpRequest } from "../../net/http";
import type { SolverContext } from "../solver";
import { type NamedService, credentialsRefused, unavailable, unexpected } from "./failures";
import { backOff, pause } from "./pause";

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

const attempts = 6;
/** All waits of one request together. */
const waitBudget = 60_000;

/**
 * Sends a request and reads its JSON answer. Too many requests, errors of the server and lost connections are tried
 * again within a minute, at the time that `Retry-After` names. Every request here may be repeated.
 */
export async function rest(service: RestService, request: RestRequest, context: SolverContext): Promise<RestAnswer> {
  const { doing, accept = [] } = request;
  let waited = 0;
  for (let attempt = 0; ; attempt++) {
    const answer = await send(service, request, context);
    const failure = answer instanceof HttpFailure ? answer : undefined;
    const { status, json, retryAfter } = answer instanceof HttpFailure ? noAnswer : answer;
    const isThrottled = status === 429 || service.isThrottled?.(status, json) === true;
    if (failure === undefined && !isThrottled && status < 500) {
      if ((status >= 200 && status < 300) || accept.includes(status)) return { status, json };
      const said = service.explain(json) || `HTTP status ${status}`;
      if (status === 401 || status === 403) throw credentialsRefused(service, doing, said);
      throw unexpected(service, doing, said);
    }
    const wait = retryAfter ?? backOff(attempt, 500, 8_000);
    waited += wait;
    if (attempt + 1 >= attempts || waited > waitBudget) {
      const said = failure?.message ?? (isThrottled ? "too many requests" : service.explain(json) || `HTTP ${status}`);
      const retryAt = retryAfter === undefined ? {} : { retryAt: Date.now() + retryAfter };
      throw unavailable(service, doing, said, { ...retryAt, ...(failure && { cause: failure }) });
    }
    if (isThrottled) context.report(`${service.name} asks for fewer requests: waiting ${Math.ceil(wait / 1000)} s`);
    await pause(wait, context.signal);
  }
}

interface Answered extends RestAnswer {
  /** Milliseconds. */
  readonly retryAfter: number | undefined;
}

const noAnswer: Answered = { status: 0, json: undefined, retryAfter: undefined };

async function send(
  service: RestService,
  request: RestRequest,
  context: SolverContext,
): Promise<Answered | HttpFailure> {
  const { path, method, headers, body, maxBytes, form } = request;
  const authorization = await service.authorization(context);
  const type = form === undefined ? "application/json" : "application/x-www-form-urlencoded";
  const json = body === undefined ? undefined : JSON.stringify(body);
  const content = form === undefined ? json : new URLSearchParams(form).toString();
  try {
    const response = await httpRequest({
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
    return { status: response.status, json: jsonOf(response), retryAfter: retryAfterOf(response) };
  } catch (error) {
    // A certificate that is not trusted stays so; everything else may be over soon.
    if (!(error instanceof HttpFailure) || error.kind === "aborted") throw error;
    if (error.kind === "tls") throw unavailable(service, request.doing, messageOf(error), { cause: error });
    return error;
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

/** Seconds or a date (RFC 9110, 10.2.3), as milliseconds from now. */
function retryAfterOf({ headers }: HttpResponse): number | undefined {
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
