// A reverse proxy in front of a CA, which refuses orders while its limit is said to be reached.
import { once } from "node:events";
import { createServer, request } from "node:https";

/** As Let's Encrypt says it (RFC 8555, 6.6). */
const refusal = {
  type: "urn:ietf:params:acme:error:rateLimited",
  detail: "too many certificates (50) already issued for this registered domain in the last 168 hours",
};
const retryAfterSeconds = 86_400;

/** @param pebble the port of 127.0.0.1 behind it @param tls key and certificate of the endpoints, PEM */
export async function openGate(pebble, tls) {
  let isLimited = false;
  const server = createServer(tls, (asked, answer) => {
    if (isLimited && asked.url === "/order-plz") {
      answer.writeHead(429, { "content-type": "application/problem+json", "retry-after": retryAfterSeconds });
      return answer.end(JSON.stringify({ ...refusal, status: 429 }));
    }
    const { method, url: path, headers } = asked;
    const onward = request({ host: "127.0.0.1", port: pebble, method, path, headers, ca: tls.cert, agent: false });
    onward.on("response", (said) => {
      answer.writeHead(said.statusCode, said.headers);
      said.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: server.address().port,
    limit: (reached) => (isLimited = reached),
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
