// Shakes hands with a TLS server over and over, never resuming a session, TLS 1.2 and 1.3 in turn, until it is told to
// stop by the end of its standard input. Then it prints what it saw as one line of JSON; before that "started" and, at
// each other certificate, "changed".
//
//   node loadClientProcess.mjs --port 8443 --ca root.pem --server-name web.example.com [--host 127.0.0.1] [--rate 80]
//
// Each handshake is verified as a client does it, against the roots in --ca alone, and followed by a request, because
// a TLS 1.3 server may still refuse after the client is done. One after another, so that the order in which
// certificates were seen is the order in which they were served.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string" },
    ca: { type: "string" },
    "server-name": { type: "string" },
    rate: { type: "string", default: "80" },
  },
});
const versions = ["TLSv1.2", "TLSv1.3"];
const handshakeTimeoutMs = 5_000;

const seen = [];
const errors = [];
const counts = { handshakes: 0, resumed: 0, "TLSv1.2": 0, "TLSv1.3": 0 };
let stopped = false;
process.stdin.resume().on("end", () => (stopped = true));

function handshake(version) {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: options.host,
      port: Number(options.port),
      ca: readRoots(),
      servername: options["server-name"],
      minVersion: version,
      maxVersion: version,
    });
    let fingerprint;
    let resumed;
    socket.setTimeout(handshakeTimeoutMs, () => socket.destroy(new Error(`no answer within ${handshakeTimeoutMs} ms`)));
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      fingerprint = socket.getPeerX509Certificate().fingerprint256.replaceAll(":", "").toLowerCase();
      resumed = socket.isSessionReused();
      socket.write(`GET / HTTP/1.1\r\nHost: ${options["server-name"]}\r\nConnection: close\r\n\r\n`);
    });
    socket.once("data", () => {
      resolve({ fingerprint, resumed });
      socket.destroy();
    });
    socket.on("close", () => reject(new Error("the server closed the connection without an answer")));
  });
}

let roots;
function readRoots() {
  return (roots ??= readFileSync(options.ca));
}

function note(fingerprint) {
  const last = seen.at(-1);
  if (last?.fingerprint === fingerprint) last.handshakes += 1;
  else seen.push({ fingerprint, handshakes: 1 });
  if (last !== undefined && last.fingerprint !== fingerprint) process.stdout.write("changed\n");
}

const started = performance.now();
for (let turn = 0; !stopped; turn += 1) {
  const version = versions[turn % versions.length];
  try {
    const { fingerprint, resumed } = await handshake(version);
    counts.handshakes += 1;
    counts[version] += 1;
    if (resumed) counts.resumed += 1;
    note(fingerprint);
  } catch (error) {
    errors.push(`handshake ${turn} (${version}): ${error.code ?? ""} ${error.message.trim()}`.slice(0, 300));
  }
  if (turn === 0) process.stdout.write("started\n");
  const ahead = started + ((turn + 1) * 1_000) / Number(options.rate) - performance.now();
  if (ahead > 0) await delay(ahead);
}
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(`${JSON.stringify({ ...counts, seconds, seen, errors })}\n`);
