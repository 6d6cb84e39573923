import { setImmediate as turn } from "node:timers/promises";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Agent, Dispatcher } from "undici";
import { messageOf } from "../errors";

/** One HTTPS or HTTP request. Redirects are not followed. */
export interface HttpRequest {
  readonly url: string;
  /** @default GET, or POST with a body */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Roots to trust besides those of Node.js, PEM. */
  readonly caBundlePem?: string;
  /** For the whole exchange, in milliseconds. @default 30,000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** A larger answer is refused. @default 1 MiB */
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; values of a repeated header joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** No answer, or none that can be read. Its message names the host, never the path, the query or a header. */
export class HttpFailure extends Error {
  constructor(
    readonly kind: "timeout" | "connection" | "tls" | "tooLarge" | "aborted",
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "HttpFailure";
  }
}

const defaultTimeout = 30_000;
const defaultMaxBytes = 1024 * 1024;
const connectionsPerHost = 16;

/** Sends a request over a connection that is kept for the next one. */
export async function httpRequest(request: HttpRequest): Promise<HttpResponse> {
  const { url, body, timeoutMs = defaultTimeout, signal, maxBytes = defaultMaxBytes } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const host = new URL(url).host;
  const undici = await import("undici");
  try {
    const {
      statusCode,
      headers,
      body: stream,
    } = await unlessAborted(
      ended,
      undici.request(url, {
        dispatcher: agentFor(undici.Agent, request.caBundlePem),
        method: (request.method ?? (body === undefined ? "GET" : "POST")) as Dispatcher.HttpMethod,
        headers: { ...request.headers },
        ...(body !== undefined && { body }),
        signal: ended,
      }),
    );
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new HttpFailure("tooLarge", `${host} answered with more than ${maxBytes} bytes.`);
      chunks.push(chunk);
    }
    // Only then is the connection free: whoever asks the next thing at once would open another.
    await turn();
    return { status: statusCode, headers: flat(headers), body: Buffer.concat(chunks) };
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    if (signal?.aborted === true) throw new HttpFailure("aborted", `The request to ${host} was given up.`, error);
    if (timeout.aborted)
      throw new HttpFailure("timeout", `${host} did not answer within ${timeoutMs / 1000} s.`, error);
    throw failureOf(host, error);
  }
}

/** A request that waits for its connection does not hear its signal before that is there or has failed. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/;

function failureOf(host: string, error: unknown): HttpFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code = "" } = cause as { code?: string };
  const kind = tlsCodes.test(code) ? "tls" : "connection";
  return new HttpFailure(kind, `${host}: ${messageOf(cause)}${code === "" ? "" : ` (${code})`}.`, error);
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

const agents = new Map<string, Agent>();

/** One pool of connections for each set of trusted roots. */
function agentFor(AgentClass: typeof Agent, caBundlePem = ""): Agent {
  let agent = agents.get(caBundlePem);
  if (agent === undefined) {
    // Reading all the roots takes 60 ms: once, and not again for every connection.
    const trust = caBundlePem === "" ? {} : { connect: { secureContext: trusting(caBundlePem) } };
    agent = new AgentClass({ connections: connectionsPerHost, ...trust });
    agents.set(caBundlePem, agent);
  }
  return agent;
}

function trusting(caBundlePem: string): SecureContext {
  return createSecureContext({ ca: [...rootCertificates, caBundlePem] });
}
