// An HAProxy that is started by what is deployed to it, as by `systemctl reload-or-restart`.
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { ensureServers } from "../servers.mjs";
import { freePorts } from "./freePorts.mjs";

/** @param {string} configuration as it is for real use: its paths and its port are replaced */
export async function prepareHaproxy(folder, configuration) {
  const { haproxy, socat } = await ensureServers(["haproxy", "socat"]);
  const [port] = await freePorts(1);
  const at = (name) => join(folder, name);
  const [directory, socket, pidFile, starts, script] = ["tls", "admin.sock", "haproxy.pid", "starts", "reload"].map(at);
  const text = configuration
    .replaceAll("/etc/haproxy/tls", directory)
    .replaceAll("/run/haproxy/admin.sock", socket)
    .replace("bind :443", `bind 127.0.0.1:${port}`);
  writeFileSync(at("haproxy.cfg"), text);
  const command = `'${haproxy}' -D -W -p '${pidFile}' -f '${at("haproxy.cfg")}'`;
  const lines = [
    `echo . >>'${starts}'`,
    `if [ -s '${pidFile}' ]; then exec kill -USR2 "$(cat '${pidFile}')"; fi`,
    `${command} >'${at("haproxy.log")}' 2>&1 </dev/null`,
  ];
  writeFileSync(script, ["#!/bin/sh -e", ...lines, ""].join("\n"), { mode: 0o755 });
  return {
    /** The configuration of the example. */
    settings: { directory, port, haproxy: { socket, socat }, reload: [script] },
    /** The fingerprint of the certificate that a site gets. */
    served: (site) => fingerprintServed(port, site),
    /** How often it was started or reloaded. */
    starts: () => readFileSync(starts, "utf8").split("\n").length - 1,
    /** The worker, which a reload replaces. */
    process: () => workerOf(pidFile),
    async stop() {
      if (!existsSync(pidFile)) return;
      const pid = Number(readFileSync(pidFile, "utf8"));
      process.kill(pid, "SIGTERM");
      while (existsSync(`/proc/${pid}/exe`)) await delay(20);
    },
  };
}

function workerOf(pidFile) {
  const pid = readFileSync(pidFile, "utf8").trim();
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
}

async function fingerprintServed(port, servername) {
  const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256.replaceAll(":", "").toLowerCase();
}
