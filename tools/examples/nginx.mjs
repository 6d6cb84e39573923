// An nginx with files of its own, which the commands of an example start and reload.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensureServers } from "../servers.mjs";
import { freePorts } from "./freePorts.mjs";

/** @param certificate,key the paths that it reads; it is not started yet */
export async function prepareNginx(folder, { certificate, key }) {
  const { nginx } = await ensureServers(["nginx"]);
  const [port] = await freePorts(1);
  const cwd = mkdtempSync(join(folder, "nginx-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  for (const name of temporary) mkdirSync(join(cwd, name));
  const configuration = `pid ${cwd}/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${cwd}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
  }
}
`;
  writeFileSync(join(cwd, "nginx.conf"), configuration);
  const command = [nginx, "-p", cwd, "-e", join(cwd, "error.log"), "-c", join(cwd, "nginx.conf")];
  const line = command.join(" ");
  return {
    port,
    check: [...command, "-t"],
    /** Starts it if it does not run. */
    reload: ["/bin/sh", "-c", `if [ -s ${cwd}/nginx.pid ]; then ${line} -s reload; else ${line}; fi`],
    async stop() {
      const pidFile = join(cwd, "nginx.pid");
      const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
      if (pid === 0) return; // `nginx -t` leaves an empty file
      process.kill(pid, "SIGTERM");
      while (existsSync(pidFile)) await delay(20); // its workers end before it does
    },
  };
}
