import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface StandInRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface StandInAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown;
}

export interface StandIn {
  readonly url: string;
  /** `GET /path`, in the order in which they came. */
  readonly requests: readonly string[];
  /** Answers the next request that matches with this instead. */
  failOnce(match: RegExp, answer: StandInAnswer): void;
  /** What somebody else does just before the next request that matches is handled. */
  meanwhile(match: RegExp, act: () => void): void;
  close(): Promise<void>;
}

/** An HTTP server on this machine that stands in for a service that cannot run here. */
export async function startStandIn(handle: (request: StandInRequest) => StandInAnswer): Promise<StandIn> {
  const requests: string[] = [];
  const failures: { match: RegExp; answer: StandInAnswer }[] = [];
  const acts: { match: RegExp; act: () => void }[] = [];
  const take = <T extends { match: RegExp }>(list: T[], line: string): T | undefined => {
    const index = list.findIndex(({ match }) => match.test(line));
    return index < 0 ? undefined : list.splice(index, 1)[0];
  };
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const url = new URL(incoming.url ?? "/", "http://stand-in");
      const method = incoming.method ?? "GET";
      const line = `${method} ${decodeURIComponent(url.pathname)}`;
      requests.push(line);
      take(acts, line)?.act();
      const { status, headers, body } =
        take(failures, line)?.answer ??
        handle({
          method,
          path: decodeURIComponent(url.pathname),
          query: url.searchParams,
          headers: incoming.headers as Record<string, string | undefined>,
          body: Buffer.concat(chunks).toString("utf8"),
        });
      const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
      const type = typeof body === "string" ? "text/xml" : "application/json";
      response.writeHead(status, { ...(text !== "" && { "content-type": type }), ...headers });
      response.end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failOnce: (match, answer) => void failures.push({ match, answer }),
    meanwhile: (match, act) => void acts.push({ match, act }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
