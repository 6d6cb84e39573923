// A PostgreSQL server without TLS, which an example gives its certificate to.
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { dirname, join } from "node:path";
import { connect as connectTls } from "node:tls";
import { exec } from "../exec.mjs";
import { ensureServers } from "../servers.mjs";
import { startServer } from "./childServer.mjs";
import { freePorts } from "./freePorts.mjs";

/** @param {string} settings those of TLS, as they are for real use: their paths are replaced */
export async function startPostgresql(folder, settings) {
  const { postgres } = await ensureServers(["postgres"]);
  const [port] = await freePorts(1);
  const base = mkdtempSync(join(folder, "postgresql-"));
  const [data, directory] = [join(base, "data"), join(base, "tls")];
  const initdb = join(dirname(realpathSync(postgres)), "initdb");
  const [program, ...args] = notAsRoot([initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]);
  await exec(program, args, { cwd: base });
  appendFileSync(join(data, "postgresql.conf"), "include_if_exists 'tls.conf'\n");
  const options = { port, listen_addresses: "127.0.0.1", unix_socket_directories: base, fsync: "off" };
  const set = Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [server, ...serverArgs] = notAsRoot([postgres, "-D", data, ...set]);
  const { stop } = await startServer(server, serverArgs, { cwd: base, ports: [port] });
  return {
    port,
    directory,
    /** Whom the files have to belong to. */
    owner: String(process.getuid()),
    /** What `systemctl reload postgresql` does. */
    reload: ["/bin/sh", "-c", `kill -HUP "$(head -n 1 '${data}/postmaster.pid')"`],
    /** From the next reload on it has TLS. */
    useTls: () => writeFileSync(join(data, "tls.conf"), settings.replaceAll("/etc/postgresql/tls", directory)),
    connect: () => session(port),
    async stop() {
      // With SIGINT it ends its sessions and itself in good order.
      process.kill(Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]), "SIGINT");
      await stop({ kill: false });
    },
  };
}

/** It does not run as root, and does not have to see that it does. */
function notAsRoot(command) {
  return process.getuid() === 0 ? ["unshare", "--user", "--map-user=1000", "--map-group=1000", ...command] : command;
}

/** A session over TLS, in the protocol of PostgreSQL ("Frontend/Backend Protocol" of its manual). */
async function session(port) {
  const plain = connectTcp(port, "127.0.0.1");
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80877103, 4); // SSLRequest
  plain.write(request);
  const [answer] = await once(plain, "data");
  if (answer.toString() !== "S") throw new Error(`PostgreSQL on port ${port} has no TLS.`);
  const socket = connectTls({ socket: plain, servername: "db.internal.example", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const parameters = Buffer.from("user\0postgres\0database\0postgres\0\0");
  const start = Buffer.alloc(8);
  start.writeInt32BE(8 + parameters.length, 0);
  start.writeInt32BE(3 << 16, 4); // version 3.0
  socket.write(Buffer.concat([start, parameters]));
  await untilReady(socket);
  return {
    serialNumber: BigInt(`0x${socket.getPeerCertificate().serialNumber}`),
    /** The one value of the one row that a query gives. */
    async query(sql) {
      const text = Buffer.from(`${sql}\0`);
      const head = Buffer.alloc(5);
      head.write("Q");
      head.writeInt32BE(4 + text.length, 1);
      socket.write(Buffer.concat([head, text]));
      const row = (await untilReady(socket)).find(({ type }) => type === "D");
      if (row === undefined) throw new Error(`PostgreSQL gave no row for ${sql}.`);
      return row.content.subarray(6).toString();
    },
    close: () => socket.destroy(),
  };
}

/** The messages up to ReadyForQuery. */
async function untilReady(socket) {
  let received = Buffer.alloc(0);
  const messages = [];
  for (;;) {
    const [data] = await once(socket, "data");
    received = Buffer.concat([received, data]);
    while (received.length >= 5 && received.length > received.readInt32BE(1)) {
      const end = 1 + received.readInt32BE(1);
      const [type, content] = [String.fromCharCode(received[0]), received.subarray(5, end)];
      if (type === "E") throw new Error(`PostgreSQL: ${content.toString().replaceAll("\0", " ")}`);
      messages.push({ type, content });
      received = received.subarray(end);
      if (type === "Z") return messages;
    }
  }
}
