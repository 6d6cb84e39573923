import { CertificatesError, messageOf } from "../../errors";
import { HttpFailure, type HttpResponse, httpRequest } from "../../net/http";
import { redact } from "../../net/redact";
import { type Retry, type RetrySchedule, WaitBudget, withRetries } from "../../net/retry";
import { parseRetryAfter } from "../../net/retryAfter";
import type { F5Access } from "./access";

/** One request to iControl REST, as F5's iControl REST User Guide describes it. */
export interface IControlRequest {
  /** For messages: "read the profile /Common/web". */
  readonly doing: string;
  /** From `/mgmt` on. */
  readonly path: string;
  /** @default GET, or POST with a body */
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; bytes are sent as they are. */
  readonly body?: unknown;
  /** Whether sending it again does no harm, if no answer came. @default true, save for POST */
  readonly repeatable?: boolean;
}

export interface IControlAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What a BIG-IP said no to. Its number is that of the log message, such as `01070317`. */
export class IControlRefusal extends CertificatesError {
  constructor(
    message: string,
    readonly status: number,
    readonly said: string,
    details: { readonly hint?: string; readonly retryable?: boolean } = {},
  ) {
    super(status === 400 || status === 409 ? "TargetRefused" : "DeploymentFailed", message, details);
  }
}

/** A BIG-IP that is busy or restarts its REST daemon answers so for seconds, having done nothing. */
const notNow = new Set([429, 502, 503, 504]);
/** What its REST daemon says to every path until it has started; not that there is no such object. */
const startingUp = /^Public URI path not registered/;
const schedule: RetrySchedule = { first: 500, longest: 8_000, mostAttempts: 7 };
const waitBudget = 45_000;
const timeoutMs = 30_000;

class Unanswered extends Error {
  constructor(
    message: string,
    readonly retry: Retry,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

export interface Sending {
  readonly access: F5Access;
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** False to ask once, and not for long. */
  readonly patient: boolean;
}

/** Sends a request and reads its answer; statuses from 400 on are thrown as `IControlRefusal`. */
export async function sendToBigIp(sending: Sending, request: IControlRequest): Promise<IControlAnswer> {
  const { access, secrets, patient } = sending;
  try {
    const once = (): Promise<IControlAnswer> => answered(sending, request);
    if (!patient) return await once();
    return await withRetries(once, {
      judge: (error) => (error instanceof Unanswered ? error.retry : "never"),
      budget: new WaitBudget(waitBudget),
      signal: new AbortController().signal,
      schedule,
    });
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const message = redact(`${access.address} did not ${request.doing}: ${error.message}`, secrets);
    throw new CertificatesError("Unreachable", message, { retryable: true, cause: error.cause ?? error });
  }
}

async function answered(sending: Sending, request: IControlRequest): Promise<IControlAnswer> {
  const response = await send(sending, request);
  const { status } = response;
  const json = jsonOf(response);
  const said = saidBy(json) ?? `HTTP status ${status}`;
  if (notNow.has(status) || (status === 404 && startingUp.test(said))) {
    const wait = parseRetryAfter(response.headers["retry-after"]);
    throw new Unanswered(said, wait === undefined ? "backOff" : { notBefore: Date.now() + wait });
  }
  if (status < 300) return { status, json: isObject(json) ? json : {} };
  throw refusal(sending, request, status, said);
}

async function send(sending: Sending, request: IControlRequest): Promise<HttpResponse> {
  const { access, headers, patient } = sending;
  const { path, method, body, repeatable } = request;
  const isBytes = body instanceof Uint8Array;
  try {
    return await httpRequest({
      url: `${access.address}${path}`,
      ...(method !== undefined && { method }),
      headers: {
        accept: "application/json",
        "user-agent": "pulumi-certificates",
        ...(body !== undefined && { "content-type": isBytes ? "application/octet-stream" : "application/json" }),
        ...headers,
        ...request.headers,
      },
      ...(body !== undefined && { body: isBytes ? body : JSON.stringify(body) }),
      ...(access.caBundlePem !== undefined && { caBundlePem: access.caBundlePem }),
      timeoutMs: patient ? timeoutMs : timeoutMs / 3,
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    if (error.kind === "tls") throw new Unanswered(`${messageOf(error)} ${tlsHint}`, "never", error);
    const isPost = method === "POST" || (method === undefined && body !== undefined);
    throw new Unanswered(messageOf(error), (repeatable ?? !isPost) ? "backOff" : "never", error);
  }
}

const tlsHint =
  "Its management certificate must name the address and come from a CA that is trusted: give caBundlePem for another one.";

function refusal({ access, secrets }: Sending, request: IControlRequest, status: number, said: string): Error {
  const text = redact(said, secrets).trim();
  const message = redact(`${access.address} refused to ${request.doing}: ${text}`, secrets);
  const hint = hintFor(status, said);
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return new IControlRefusal(sentence, status, text, hint === undefined ? {} : { hint });
}

/** BIG-IP says 401 to users whose role does not suffice, too. */
function hintFor(status: number, said: string): string | undefined {
  if (status === 403 || /^Authorization failed/.test(said))
    return "The user needs the role Administrator: uploading files asks for it.";
  if (status !== 401) return undefined;
  return "Check user and password or the token, and loginProvider for users of LDAP, RADIUS or TACACS+.";
}

/** The message in `{ code, message, errorStack }`, or a text that something in between answered with. */
function saidBy(json: unknown): string | undefined {
  if (typeof json === "string")
    return json
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .slice(0, 300)
      .trim();
  if (!isObject(json) || typeof json.message !== "string") return undefined;
  return json.message.slice(0, 600);
}

function jsonOf({ body }: HttpResponse): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text === "" ? undefined : text;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
