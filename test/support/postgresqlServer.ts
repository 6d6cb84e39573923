import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { listening, startChild } from "./childServer";
import { closedPort } from "./openServers";
import type { TestCertificate } from "./testCertificates";

/** A real PostgreSQL server with TLS. */
export interface PostgresqlServer {
  readonly port: number;
  /** Replaces certificate and key, and has them read again, as `pg_ctl reload` does. */
  serve(certificate: TestCertificate): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the `postgres` program with an empty cluster; without a certificate its TLS is off. */
export async function startPostgresql(
  program: string,
  certificate: TestCertificate | undefined,
): Promise<PostgresqlServer> {
  const owner = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), "postgresql-"));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const initdb = join(dirname(realpathSync(program)), "initdb");
  execFileSync(initdb, ["-D", data, "-A", "trust", "--no-sync"], { ...owner, cwd: folder, stdio: "pipe" });
  const write = (name: string, text: string): void => {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    if (owner.uid !== undefined) chownSync(join(data, name), owner.uid, owner.gid);
  };
  const writeCertificate = (served: TestCertificate): void => {
    write("server.crt", served.fullChainPem);
    write("server.key", served.privateKeyPem);
  };
  if (certificate !== undefined) writeCertificate(certificate);
  const port = await closedPort();
  const settings = [
    `port=${String(port)}`,
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${folder}`,
    "fsync=off",
  ];
  const all = [...settings, `ssl=${certificate === undefined ? "off" : "on"}`].flatMap((one) => ["-c", one]);
  const server = startChild(program, ["-D", data, ...all], { ...owner, cwd: folder });
  await listening(server, port);
  return {
    port,
    serve: async (next) => {
      writeCertificate(next);
      const done = server.wrote(/received SIGHUP, reloading configuration files/);
      server.signal("SIGHUP");
      await done;
    },
    stop: async () => {
      await server.stop("SIGINT");
      rmSync(folder, { recursive: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | { uid?: undefined; gid?: undefined } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
