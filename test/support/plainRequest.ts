import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface PlainRequest {
  readonly caBundlePem?: string;
  /** Sent as JSON by POST. @default a GET without body */
  readonly json?: unknown;
  /** @default GET, or POST with a body */
  readonly method?: string;
}

/** One request over a connection of its own, by Node.js alone. */
export function plainRequest(url: string, { caBundlePem, json, method }: PlainRequest = {}): Promise<PlainAnswer> {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const options = {
    agent: false as const,
    method: method ?? (json === undefined ? "GET" : "POST"),
    headers: { "user-agent": "certificates-test", ...(json !== undefined && { "content-type": "application/json" }) },
    ...(caBundlePem !== undefined && { ca: caBundlePem }),
    timeout: 20_000,
  };
  return new Promise((resolve, reject) => {
    const outgoing = send(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${url}: no answer within 20 s`)));
    outgoing.on("error", reject);
    outgoing.end(json === undefined ? undefined : JSON.stringify(json));
  });
}
