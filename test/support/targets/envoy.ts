import { X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { closedPort } from "../openServers";
import { certificatesSentTo } from "../opensslClient";
import { needs } from "../requirements";
import { until } from "../until";
import { envoyConfiguration } from "./envoyConfiguration";
import { leftoversIn, pairIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";
import { TestCommands } from "./testCommands";

/** A target with the Envoy that reads it, which the first deployment starts. */
export interface EnvoyTestTarget extends TestTarget {
  readonly port: number;
  readonly directory: string;
  /** The process that runs; fails if there is none. */
  pid(): number;
  /** A number that Envoy counts. */
  count(statistic: string): number;
  /** What Envoy wrote. */
  log(): string;
}

export interface EnvoyOptions {
  /** The secret with the roots by which clients are verified. */
  readonly trustBundleName?: string;
  /** Whether the admin interface is a TCP port, instead of a Unix socket. */
  readonly adminPort?: boolean;
  /** Started by root, it reads nobody else's private files. */
  readonly unprivileged?: boolean;
}

export interface EnvoyFixture extends TargetFixture {
  create(options?: EnvoyOptions): Promise<EnvoyTestTarget>;
}

export const envoyFixture: EnvoyFixture = {
  kind: kindOfTarget({ kind: "envoy" }, "target"),
  needs: "envoy",
  watches: true,
  refusable: ["check", "reload"],
  create: createEnvoyTarget,
  unwritable: { kind: "envoy", directory: "/etc/passwd/tls", secretName: "web" },
};

async function createEnvoyTarget(options: EnvoyOptions = {}): Promise<EnvoyTestTarget> {
  const { trustBundleName, adminPort = false, unprivileged = false } = options;
  const base = mkdtempSync(join(tmpdir(), "envoy-target-"));
  const [directory, configuration, pidFile, log] = ["tls", "envoy.json", "server.pid", "envoy.log"].map((name) =>
    join(base, name),
  ) as [string, string, string, string];
  const port = await closedPort();
  const admin = adminPort ? await closedPort() : join(base, "admin.sock");
  writeFileSync(configuration, envoyConfiguration({ directory, port, admin, trustBundleName }));
  const commands = new TestCommands(base);
  const running = (): number | undefined => (existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : undefined);
  const rights = unprivileged ? "setpriv --inh-caps=-all --bounding-set=-all " : "";
  const start = `${rights}${needs("envoy").program} -c ${configuration} --concurrency 2 --disable-hot-restart`;
  return {
    port,
    directory,
    pid: () => running() ?? Number.NaN,
    count: (statistic) => countOf(admin, statistic),
    log: () => readFileSync(log, "utf8"),
    args: {
      kind: "envoy",
      directory,
      secretName: "web",
      ...(trustBundleName !== undefined && { trustBundleName }),
      admin: adminPort ? `127.0.0.1:${String(admin)}` : admin,
      curl: curlIn(commands, directory),
      check: commands.script("check", commands.refusal("check"), `test -s '${directory}/web.json'`),
      reload: commands.script(
        "reload",
        commands.refusal("reload"),
        // As of systemd: one that was just started, and does not answer yet, is left alone.
        `if [ -e '${pidFile}' ]; then exit 0; fi`,
        `setsid ${start} >'${log}' 2>&1 </dev/null &`,
        `echo $! >'${pidFile}'`,
      ),
      onDelete: "remove",
    },
    served: () => (running() === undefined ? undefined : servedAt(port)),
    stored: () => pairIn(directory, "web.pem", "web.key"),
    reloads: () => commands.reloads(),
    refuse: (command) => commands.refuse(command),
    damage: () => writeFileSync(join(directory, "web.key"), "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    async remove() {
      const pid = running();
      if (pid !== undefined) {
        process.kill(pid, "SIGTERM");
        // One that has ended has no program, even if nobody has collected it yet.
        await until("Envoy to end", () => !existsSync(`/proc/${String(pid)}/exe`));
      }
      rmSync(base, { recursive: true });
    },
  };
}

/** A curl that can be told to fail, and notes each time that Envoy says it uses the certificate in the directory. */
function curlIn(commands: TestCommands, directory: string): string | undefined {
  return commands.script(
    "curl",
    `case "$*" in */certs) ;; *) exec '${needs("curl").program}' "$@" ;; esac`,
    commands.refusal("reload"),
    `answer=$('${needs("curl").program}' "$@")`,
    `serial=$(openssl x509 -in '${directory}/web.pem' -noout -serial | tr A-F a-f)`,
    `case "$answer" in *'"'"\${serial#serial=}"'"'*) echo . >>'${commands.log}' ;; esac`,
    `printf '%s\\n' "$answer"`,
  )[0];
}

async function servedAt(port: number): Promise<string | undefined> {
  const [sent] = await certificatesSentTo(port, "1.3", "web.example.com");
  return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
}

function countOf(admin: number | string, statistic: string): number {
  const at =
    typeof admin === "number" ? [`http://127.0.0.1:${String(admin)}`] : ["--unix-socket", admin, "http://envoy"];
  const url = `${at.pop() ?? ""}/stats?filter=${statistic}`;
  const lines = execFileSync(needs("curl").program, ["-sSf", ...at, url], { encoding: "utf8" })
    .trim()
    .split("\n");
  return lines.reduce((sum, line) => sum + Number(line.split(": ")[1] ?? 0), 0);
}
