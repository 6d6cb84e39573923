// An HTTPS server that serves a certificate from PEM files and reads them again on SIGHUP, as web servers do.
//
//   node httpsServerProcess.mjs --certificate web.pem --key web.key [--host 127.0.0.1] [--port 0] [--watch] [--pid-file FILE]
//
// It prints one line of JSON when it listens, {"port":…,"pid":…}, and one at each reload, {"reloaded":…} or
// {"reloadFailed":…}: files that do not fit together change nothing, as with `nginx -s reload`. With --watch it also
// reloads when one of the files was replaced.
import { X509Certificate } from "node:crypto";
import { readFileSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    certificate: { type: "string" },
    key: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    watch: { type: "boolean", default: false },
    "pid-file": { type: "string" },
  },
});
if (options.certificate === undefined || options.key === undefined)
  throw new Error("--certificate and --key are needed");

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function readFiles() {
  const files = { cert: readFileSync(options.certificate), key: readFileSync(options.key) };
  createSecureContext(files); // throws if they do not fit together
  return files;
}

function reload() {
  try {
    const files = readFiles();
    server.setSecureContext(files);
    say({ reloaded: new X509Certificate(files.cert).fingerprint256.replaceAll(":", "").toLowerCase() });
  } catch (error) {
    say({ reloadFailed: error.message });
  }
}

const server = createServer(readFiles(), (_request, response) => response.end("ok\n"));
server.on("tlsClientError", (_error, socket) => socket.destroy());
server.listen(Number(options.port), options.host, () => {
  if (options["pid-file"] !== undefined) writeFileSync(options["pid-file"], String(process.pid));
  say({ port: server.address().port, pid: process.pid });
});
process.on("SIGHUP", reload);
if (options.watch) {
  // A file is replaced by a rename, so its folder is what changes; two files come as several events.
  let pending;
  const soon = () => {
    clearTimeout(pending);
    pending = setTimeout(reload, 50);
  };
  for (const folder of new Set([options.certificate, options.key].map((file) => dirname(file)))) watch(folder, soon);
}
