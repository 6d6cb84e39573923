// Hosts that an example reaches over SSH: addresses of this machine, each with its own files, SSH server and nginx.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "../exec.mjs";
import { ensureServers } from "../servers.mjs";
import { startServer } from "./childServer.mjs";
import { freePorts } from "./freePorts.mjs";
import { serialServed } from "./served.mjs";
import { startSshd } from "./sshd.mjs";

const serverName = "www.internal.example";
const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/**
 * They see their own files at one path, as hosts that are set up alike do, and serve a certificate that was copied there
 * by hand.
 *
 * @param {string} configuration of nginx, as it is for real use: its paths and its port are replaced
 */
export async function startEdgeHosts(folder, count, configuration) {
  const { nginx } = await ensureServers(["nginx", "sshd"]);
  const path = mkdtempSync(join(folder, "edge-"));
  const [port] = await freePorts(1);
  assertNamespaces(path);
  const hosts = [];
  const stop = async () => void (await Promise.all(hosts.map((host) => host.stop())));
  try {
    for (let at = 0; at < count; at += 1)
      hosts.push(await startHost({ folder, path, port, nginx, configuration, address: `127.0.0.${at + 2}` }));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    hosts,
    /** The configuration of the example. */
    settings: {
      hosts: hosts.map(({ ssh, address }) => loginOf(ssh, address)),
      port,
      directory: join(path, "tls"),
      nginx: { program: nginx, configuration: join(path, "nginx.conf") },
    },
    stop,
  };
}

async function startHost({ folder, path, port, nginx, configuration, address }) {
  const own = mkdtempSync(join(folder, "files-"));
  for (const name of [...temporary, "tls"]) mkdirSync(join(own, name));
  const configurationFile = join(own, "nginx.conf");
  const text = localConfiguration(configuration, path, `${address}:${port}`);
  writeFileSync(configurationFile, text);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "www.key"];
  const names = ["-subj", `/CN=${serverName}`, "-addext", `subjectAltName=DNS:${serverName}`];
  await exec("openssl", ["req", "-x509", ...key, ...names, "-days", "90", "-out", "www.pem"], {
    cwd: join(own, "tls"),
  });
  const inFront = [nginx, "-e", "stderr", "-c", join(path, "nginx.conf"), "-g", "daemon off;"];
  const [program, ...args] = inNamespace(own, path, inFront);
  const server = await startServer(program, args, { cwd: own, host: address, ports: [port] });
  const ssh = await startSshd(folder, { address, wrap: (sshd) => inNamespace(own, path, sshd) });
  return {
    address,
    ssh,
    served: () => serialServed({ host: address, port, servername: serverName }),
    /** How often somebody logged in. */
    logins: () => ssh.output().split("Accepted publickey").length - 1,
    breakConfiguration: () => writeFileSync(configurationFile, text.replace("worker_processes", "worker_proceses")),
    repairConfiguration: () => writeFileSync(configurationFile, text),
    async stop() {
      const pidFile = join(own, "nginx.pid");
      if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, "utf8")), "SIGTERM");
      while (existsSync(pidFile)) await delay(20); // its workers end before it does
      await Promise.all([server.stop(), ssh.stop()]);
    },
  };
}

const loginOf = ({ port, user, hostKey, identityFile }, host) => ({
  host,
  port,
  user,
  hostKey,
  identityFile: identityFile("deploy"),
});

/** The configuration with its files in one folder, for one address of this machine. */
function localConfiguration(text, path, address) {
  const places = temporary.map((name) => `  ${name}_temp_path ${path}/${name};\n`).join("");
  return text
    .replace("/run/nginx.pid", `${path}/nginx.pid`)
    .replace("/var/log/nginx", path)
    .replaceAll("/etc/nginx/tls", `${path}/tls`)
    .replace("listen 443", `listen ${address}`)
    .replace("http {\n", `http {\n${places}`);
}

/**
 * A command that sees the folder at another path, and nobody else does. Who is not root becomes it for the time of the
 * mount, in a namespace of users.
 */
function inNamespace(folder, at, command) {
  const mount = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const [uid, gid] = [process.getuid(), process.getgid()];
  const inner = ["sh", "-c", mount, "sh", folder, at];
  if (uid === 0) return ["unshare", "--mount", "--propagation", "private", ...inner, ...command];
  const back = ["unshare", "--user", `--map-user=${uid}`, `--map-group=${gid}`];
  return ["unshare", "--user", "--map-root-user", "--mount", ...inner, ...back, ...command];
}

function assertNamespaces(path) {
  const [program, ...args] = inNamespace(path, path, ["true"]);
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return;
  const reason = (stderr ?? error?.message ?? "").trim();
  throw new Error(
    `Hosts with files of their own need a namespace, which this system does not give (${reason}). Run it as root, on Linux.`,
  );
}
