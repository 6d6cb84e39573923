import { once } from "node:events";
import { Agent, createServer, request as httpsRequest } from "node:https";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { type AcmeRequestCounts, acmeRequestKind, countKinds } from "./acmeRequests";
import type { Fault, FaultRule, ProxiedRequest } from "./faults";
import type { Pebble } from "./pebble";

/** A proxy in front of Pebble that sees every request and can spoil it. */
export interface FaultProxy {
  /** A client that starts here stays here: Pebble makes all URLs from the Host header, which is passed on. */
  readonly directoryUrl: string;
  /** The root of the proxy's certificate, which is that of Pebble's endpoint. */
  readonly caBundlePem: string;
  /** Replaces the rule; without, nothing goes wrong any more. */
  inject(rule?: FaultRule): void;
  /** What was asked, in order of arrival. */
  readonly requests: readonly ProxiedRequest[];
  counts(): AcmeRequestCounts;
  /** Forgets the requests, so that counting starts again. */
  clear(): void;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An account belongs to the host name and port it was made through: its URL is not valid at Pebble's own. */
export async function startFaultProxy(pebble: Pebble, rule?: FaultRule): Promise<FaultProxy> {
  const agent = new Agent({ ca: pebble.caBundlePem, keepAlive: true });
  const { port: upstreamPort } = new URL(pebble.directoryUrl);
  const requests: ProxiedRequest[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let current = rule;

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const request = describeRequest(incoming, body, requests);
    requests.push(request);
    const fault = current?.(request);
    if (fault?.kind === "held") await fault.until;
    const answer = isCarriedOut(fault) ? await forward(agent, upstreamPort, incoming, body) : undefined;
    if (fault?.kind === "slow") await later(fault.ms, timers);
    respond(response, answer, fault);
  };
  const { fullChainPem: cert, privateKeyPem: key } = pebble.endpoint;
  const server = createServer({ cert, key }, (incoming, response) => {
    handle(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    directoryUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(pebble.directoryUrl).pathname}`,
    caBundlePem: pebble.caBundlePem,
    inject: (next) => (current = next),
    requests,
    counts: () => countKinds(requests.map(({ kind }) => kind)),
    clear: () => requests.splice(0),
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

function describeRequest(incoming: IncomingMessage, body: Buffer, earlier: readonly ProxiedRequest[]): ProxiedRequest {
  const { url: path = "", method = "" } = incoming;
  const kind = acmeRequestKind(path);
  const nth = earlier.filter((one) => one.kind === kind).length + 1;
  return { kind, method, path, payload: payloadOf(body), nth };
}

/** The payload of a JWS in its flattened JSON form. */
function payloadOf(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  const { payload } = JSON.parse(body.toString("utf8")) as { payload?: string };
  return payload === undefined ? undefined : Buffer.from(payload, "base64url").toString("utf8");
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function isCarriedOut(fault: Fault | undefined): boolean {
  if (fault?.kind === "unanswered") return false;
  return fault?.kind === "answer" || fault?.kind === "reset" ? fault.carriedOut === true : true;
}

async function forward(agent: Agent, port: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method, url: path, headers } = incoming;
  const outgoing = httpsRequest({ agent, host: "127.0.0.1", port, method, path, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await bodyOf(answer) };
}

function later(ms: number, timers: Set<NodeJS.Timeout>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      resolve();
    }, ms);
    timers.add(timer);
  });
}

function respond(response: ServerResponse, answer: Answer | undefined, fault: Fault | undefined): void {
  if (fault?.kind === "reset") {
    response.socket?.resetAndDestroy();
  } else if (fault?.kind === "answer") {
    const isProblem = typeof fault.body === "object";
    const nonce = answer?.headers["replay-nonce"];
    response.writeHead(fault.status, {
      "content-type": isProblem ? "application/problem+json" : "text/plain",
      ...(nonce !== undefined && { "replay-nonce": nonce }),
      ...fault.headers,
    });
    response.end(isProblem ? JSON.stringify(fault.body) : fault.body);
  } else if (answer !== undefined) {
    const { connection: _, "transfer-encoding": __, ...headers } = answer.headers; // those of the other connection
    const { status, body } = answer;
    response.writeHead(status, { ...headers, "content-length": headers["content-length"] ?? body.length });
    if (fault?.kind === "truncated") response.write(body.subarray(0, fault.bytes), () => response.destroy());
    else response.end(body);
  }
}
