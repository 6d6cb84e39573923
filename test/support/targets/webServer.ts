import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { closedPort } from "../openServers";
import { needs } from "../requirements";
import { until } from "../until";
import { leftoversIn, pairIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";

/** What is particular to one web server. */
export interface WebServer {
  readonly kind: "nginx" | "apache";
  readonly needs: "nginx" | "apache2";
  /** The arguments that start it in the background, after those that name its configuration. */
  readonly start: readonly string[];
  /** Its option for the path of the configuration. */
  readonly option: string;
  /** Its configuration, for tls/web.pem and tls/web.key in its folder, with server.pid for its process. */
  configure(folder: string, port: number): string;
}

/** A target whose server is real. */
export interface WebTarget extends TestTarget {
  readonly port: number;
  /** The path of the server's configuration. */
  readonly configuration: string;
}

export interface WebFixture extends TargetFixture {
  create(): Promise<WebTarget>;
}

export function webFixture(server: WebServer): WebFixture {
  const { kind } = server;
  return {
    kind: kindOfTarget({ kind }, "target"),
    needs: server.needs,
    refusable: ["check", "reload"],
    create: () => createWebTarget(server),
    unwritable: { kind, certificatePath: "/etc/passwd/tls/web.pem", keyPath: "/etc/passwd/tls/web.key" },
  };
}

/** Its server does not run before the first reload, which starts it. */
async function createWebTarget(server: WebServer): Promise<WebTarget> {
  const base = mkdtempSync(join(tmpdir(), `${server.kind}-target-`));
  const port = await closedPort();
  const directory = join(base, "tls");
  const [configuration, pidFile, reloads, program] = ["server.conf", "server.pid", "reloads", "program"].map((name) =>
    join(base, name),
  ) as [string, string, string, string];
  writeFileSync(configuration, server.configure(base, port));
  writeFileSync(program, script(server, base), { mode: 0o755 });
  return {
    port,
    configuration,
    args: {
      kind: server.kind,
      certificatePath: join(directory, "web.pem"),
      keyPath: join(directory, "web.key"),
      program,
      configuration,
      onDelete: "remove",
    },
    served: () => (processIn(pidFile) === undefined ? undefined : servedAt(port)),
    stored: () => pairIn(directory, "web.pem", "web.key"),
    reloads: () => (existsSync(reloads) ? readFileSync(reloads, "utf8").trim().split("\n").length : 0),
    refuse(command) {
      for (const name of ["check", "reload"]) rmSync(join(base, `refuse-${name}`), { force: true });
      if (command !== undefined) writeFileSync(join(base, `refuse-${command}`), "");
    },
    damage: () => writeFileSync(join(directory, "web.key"), "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    async remove() {
      const pid = processIn(pidFile);
      if (pid !== undefined) {
        process.kill(pid, "SIGTERM");
        await until(`${server.kind} to end`, () => !existsSync(pidFile));
      }
      rmSync(base, { recursive: true });
    },
  };
}

/** Undefined if the file is not there, or empty as `nginx -t` leaves it. */
function processIn(pidFile: string): number | undefined {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
  return pid > 1 ? pid : undefined;
}

/**
 * The server's program, with what a test wants to know and to let fail. A reload ends when no process of before is
 * left, so that what is served then is what it brought. Where Debian installs the modules of Apache, its program does
 * not look for them.
 */
function script({ needs: what, start, option }: WebServer, base: string): string {
  const { program } = needs(what);
  return `#!/bin/sh
export LD_LIBRARY_PATH=/usr/lib/apache2/modules
for last; do :; done
refuse() { if [ -e '${base}/refuse-'"$1" ]; then echo "$1 says no" >&2; exit 7; fi; }
children() { read -r master < '${base}/server.pid' && old=$(cat "/proc/$master/task/$master/children") && [ -n "$old" ]; }
if [ "$last" = -t ]; then
  refuse check
  exec '${program}' "$@"
fi
refuse reload
echo reload >> '${base}/reloads'
if [ -s '${base}/server.pid' ]; then
  children
  '${program}' "$@" || exit
  for child in $old; do while [ -e "/proc/$child" ]; do sleep 0.02; done; done
else
  '${program}' ${option} '${base}/server.conf' ${start.join(" ")} || exit
  until children 2> /dev/null; do sleep 0.02; done
fi
`;
}

/** The certificate that a new connection gets. */
function servedAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: "web.example.com", rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve((socket.getPeerX509Certificate()?.fingerprint256 ?? "").replaceAll(":", "").toLowerCase());
      socket.destroy();
    });
  });
}
