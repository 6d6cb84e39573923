import { createServer } from "node:http";
import { SharedListeners } from "./sharedListener";
import { defineSolver } from "./solver";
import { type ListenAddress, type StandaloneSolver, parseStandalone, standalone } from "./standalone";

/** Where the CA asks (RFC 8555, 8.3). */
export const challengePath = "/.well-known/acme-challenge/";

const requestTimeout = 10_000;

/** Key authorizations by token. */
const listeners = new SharedListeners((answerTo) => {
  const server = createServer(
    { requestTimeout, headersTimeout: requestTimeout, keepAlive: false },
    (request, response) => {
      const [path = ""] = (request.url ?? "").split("?", 1);
      const known = path.startsWith(challengePath) ? answerTo(path.slice(challengePath.length)) : undefined;
      const readable = request.method === "GET" || request.method === "HEAD";
      const status = known === undefined ? 404 : readable ? 200 : 405;
      const body = status === 200 ? (known?.id ?? "") : "";
      response.writeHead(status, {
        connection: "close",
        "content-length": Buffer.byteLength(body),
        ...(status === 200 && { "content-type": "application/octet-stream" }),
      });
      response.end(request.method === "HEAD" ? undefined : body);
    },
  );
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
});

/** http-01 from an own listener. It answers `/.well-known/acme-challenge/<token>` and nothing else. */
export const standaloneHttp01 = defineSolver<ListenAddress, StandaloneSolver>({
  kind: "standalone",
  challenge: "http-01",
  factory: standalone,
  secrets: [],
  parse: (value, property) => parseStandalone(80, value, property),
  preflight: (spec, _names, context) => listeners.check(spec, context),
  async present(spec, { token, keyAuthorization }, context) {
    const remove = await listeners.serve(spec, token, { id: keyAuthorization }, context);
    return { ready: () => Promise.resolve(), remove };
  },
});
