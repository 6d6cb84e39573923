// Clients of the web server. They trust the root CA alone and know nothing of Pulumi.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "node:tls";
import { repository } from "../setup.mjs";

/** One handshake, verified as a browser does it: what the server presented. */
export function look({ port, caPath, serverName }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: serverName, ca: readFileSync(caPath) });
    socket.setTimeout(10_000, () => socket.destroy(new Error("The web server did not answer within 10 s.")));
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      resolve({
        protocol: socket.getProtocol(),
        fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
        serialNumber: certificate.serialNumber.toLowerCase(),
        issuer: certificate.issuer.replace(/^CN=/, ""),
        names: certificate.subjectAltName.replaceAll("DNS:", ""),
        notAfter: new Date(certificate.validTo).toISOString(),
      });
      socket.destroy();
    });
  });
}

/** Shakes hands again and again until `end`, in a process of its own; says what was seen. */
export async function startLoop({ port, caPath, serverName }) {
  const script = join(repository, "test", "support", "loadClientProcess.mjs");
  const args = ["--port", String(port), "--ca", caPath, "--server-name", serverName, "--rate", "100"];
  const child = spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The client in a loop ended before it said what it saw.");
    return value;
  };
  await next(); // "started": the first handshake is done
  return {
    /** Resolves with what was seen, once the certificate has changed; fails if it does not within 10 s. */
    async end() {
      const late = setTimeout(() => child.stdin.end(), 10_000);
      const changed = await next();
      clearTimeout(late);
      child.stdin.end();
      let summary = changed;
      while (!summary.startsWith("{")) summary = await next();
      await closed;
      return JSON.parse(summary);
    },
    stop: () => child.kill(),
  };
}
