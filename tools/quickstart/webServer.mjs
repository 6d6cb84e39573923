// A small web server with TLS, as a stand-in for nginx or HAProxy: it serves the files in a folder and reads them again
// when it is told to. It starts without a certificate.
//
//   node webServer.mjs --certificate fullchain.pem --key privkey.pem --state server.json [--port 8443]
//
// A POST to /reload on its second port makes it read the files; reload.mjs sends it. It ends with its standard input.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    certificate: { type: "string" },
    key: { type: "string" },
    state: { type: "string" },
    port: { type: "string", default: "0" },
  },
});
const host = "127.0.0.1";

const web = createTlsServer((_request, response) => response.end("Hello over TLS.\n"));
web.on("tlsClientError", (_error, socket) => socket.destroy());

/** Reads the files; files that do not fit together change nothing. Connections that are open go on. */
function reload() {
  const files = { cert: readFileSync(options.certificate), key: readFileSync(options.key) };
  createSecureContext(files);
  web.setSecureContext(files);
}

const control = createServer((request, response) => {
  if (request.method !== "POST" || request.url !== "/reload") return response.writeHead(404).end();
  try {
    reload();
    response.end("reloaded\n");
  } catch (error) {
    response.writeHead(500).end(`${error.message}\n`);
  }
});

const listen = (server, port) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server.address().port));
  });

if (existsSync(options.certificate)) reload();
const port = await listen(web, Number(options.port));
const controlPort = await listen(control, 0);
writeFileSync(options.state, JSON.stringify({ port, controlPort }));
process.stdout.write(`${JSON.stringify({ port })}\n`);
process.on("SIGINT", () => {}); // Ctrl-C is for the quickstart, which closes the standard input when it is done
process.stdin.resume().on("close", () => process.exit());
