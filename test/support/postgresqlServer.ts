import { execFileSync } from "node:child_process";
import { appendFileSync, chownSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
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
  readonly pid: number;
  /** The user that it runs as, as `user:group` in numbers; undefined if that is the user of this process. */
  readonly owner: string | undefined;
  /** A file of its configuration, which it reads with the next reload. */
  readonly include: string;
  /** The file of its log, where it has "included" certificates. */
  readonly log: string;
  stop(): Promise<void>;
}

/**
 * Starts the `postgres` program with an empty cluster. Without a certificate its TLS is off; with "included", the file
 * `include` says what it is.
 */
export async function startPostgresql(
  program: string,
  certificate: TestCertificate | "included" | undefined,
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
  if (typeof certificate === "object") writeCertificate(certificate);
  const include = join(data, "include.conf");
  write("include.conf", "ssl = off\n");
  appendFileSync(join(data, "postgresql.conf"), "include 'include.conf'\n");
  const port = await closedPort();
  const settings = [
    `port=${String(port)}`,
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${folder}`,
    "fsync=off",
  ];
  const log = join(folder, "server.log");
  // What stands on the command line is stronger than every file.
  if (certificate !== "included") settings.push(`ssl=${certificate === undefined ? "off" : "on"}`);
  else settings.push("logging_collector=on", `log_directory=${folder}`, "log_filename=server.log");
  const all = settings.flatMap((one) => ["-c", one]);
  const server = startChild(program, ["-D", data, ...all], { ...owner, cwd: folder });
  await listening(server, port);
  return {
    port,
    pid: server.pid,
    owner: owner.uid === undefined ? undefined : `${String(owner.uid)}:${String(owner.gid)}`,
    include,
    log,
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
