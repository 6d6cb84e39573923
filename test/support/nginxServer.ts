import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listening, startChild } from "./childServer";
import { closedPort } from "./openServers";
import type { TestCertificate } from "./testCertificates";

/** A real nginx in the foreground. */
export interface NginxServer {
  readonly port: number;
  readonly folder: string;
  /** Writes NAME.pem (with the chain) and NAME.key beside the configuration. */
  write(name: string, certificate: TestCertificate, pem?: string): void;
  /** Reads configuration and certificates again, as `nginx -s reload` does; resolves once the new ones are in use. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts nginx with these `server` blocks. In them `$port` stands for the port and `$folder` for the folder of the
 * files that `prepare` writes.
 */
export async function startNginx(
  program: string,
  serverBlocks: string,
  prepare: (write: NginxServer["write"]) => void,
): Promise<NginxServer> {
  const folder = mkdtempSync(join(tmpdir(), "nginx-"));
  const port = await closedPort();
  const write: NginxServer["write"] = (name, certificate, pem = certificate.fullChainPem) => {
    writeFileSync(join(folder, `${name}.pem`), pem);
    writeFileSync(join(folder, `${name}.key`), certificate.privateKeyPem, { mode: 0o600 });
  };
  prepare(write);
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(folder, name));
  const blocks = serverBlocks.replaceAll("$port", String(port)).replaceAll("$folder", folder);
  writeFileSync(join(folder, "nginx.conf"), configuration(folder, blocks));
  const server = startChild(program, ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")]);
  await listening(server, port);
  return {
    port,
    folder,
    write,
    reload: async () => {
      const done = server.wrote(/gracefully shutting down|\[emerg\]/);
      server.signal("SIGHUP");
      await done;
    },
    stop: async () => {
      await server.stop("SIGTERM");
      rmSync(folder, { recursive: true });
    },
  };
}

function configuration(folder: string, blocks: string): string {
  return `daemon off;
pid ${folder}/nginx.pid;
error_log stderr notice;
worker_processes 2;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:1m;
  ${blocks}
}
`;
}
