// An Envoy that is started by what is deployed to it, as by `systemctl start`.
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { ensureEnvoy } from "../envoy.mjs";
import { ensureServers } from "../servers.mjs";
import { freePorts } from "./freePorts.mjs";

/** Where the bootstrap configurations of the examples have their files, and their port. */
const [tlsFolder, runFolder, listenPort] = ["/etc/envoy/tls", "/run/envoy", "8443"];

/** @param {string} bootstrap the configuration of Envoy, as it is for real use */
export async function prepareEnvoy(folder, bootstrap) {
  const { envoy } = await ensureEnvoy();
  await ensureServers(["curl"]);
  const [port] = await freePorts(1);
  const [directory, configuration, script, pidFile, log, admin] = [
    ...["tls", "envoy.yaml", "start-envoy", "envoy.pid", "envoy.log", "admin.sock"].map((name) => join(folder, name)),
  ];
  const text = bootstrap.replaceAll(tlsFolder, directory).replaceAll(runFolder, folder).replaceAll(listenPort, port);
  writeFileSync(configuration, text);
  const command = `'${envoy}' -c '${configuration}' --concurrency 2 --disable-hot-restart`;
  const lines = ["#!/bin/sh", `${command} >'${log}' 2>&1 </dev/null &`, `echo $! >'${pidFile}'`, ""];
  writeFileSync(script, lines.join("\n"), { mode: 0o755 });
  return {
    directory,
    admin,
    port,
    /** The command that starts it. */
    start: [script],
    connect: () => connection(port),
    statistic: (name) => statistic(admin, name),
    async stop() {
      if (!existsSync(pidFile)) return;
      const pid = Number(readFileSync(pidFile, "utf8"));
      process.kill(pid, "SIGTERM");
      while (existsSync(`/proc/${pid}/exe`)) await delay(20);
    },
  };
}

/** A connection over TLS that stays open. */
async function connection(port) {
  const options = { host: "127.0.0.1", port, servername: "web.internal.example", rejectUnauthorized: false };
  const socket = connect(options);
  await once(socket, "secureConnect");
  return {
    serialNumber: BigInt(`0x${socket.getPeerCertificate().serialNumber}`),
    /** Sends a request on it. */
    async isAnswered() {
      socket.write("GET / HTTP/1.1\r\nHost: web.internal.example\r\n\r\n");
      const [answer] = await once(socket, "data");
      return answer.toString().startsWith("HTTP/1.1 200");
    },
    close: () => socket.destroy(),
  };
}

/** The sum of all its statistics of this name. */
async function statistic(socketPath, name) {
  const outgoing = request({ socketPath, path: `/stats?filter=${name}`, agent: false }).end();
  const [answer] = await once(outgoing, "response");
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  return [...text.matchAll(/: (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}
