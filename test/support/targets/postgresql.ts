import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { certificatesSentTo } from "../opensslClient";
import { type PostgresqlServer, startPostgresql } from "../postgresqlServer";
import { needs } from "../requirements";
import { leftoversIn, pairIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";
import { TestCommands } from "./testCommands";

/** A target with the server that reads it; TLS is off until the first reload. */
export interface PostgresqlTestTarget extends TestTarget {
  readonly server: PostgresqlServer;
  /** A line that its configuration has from the next reload on. */
  configure(line: string): void;
}

export interface PostgresqlFixture extends TargetFixture {
  create(): Promise<PostgresqlTestTarget>;
  end(): Promise<void>;
}

/** One server for all targets of a test file, one after the other: a cluster takes its time. */
let running: Promise<PostgresqlServer> | undefined;

export const postgresqlFixture: PostgresqlFixture = {
  kind: kindOfTarget({ kind: "postgresql" }, "target"),
  needs: "postgres",
  refusable: ["check", "reload"],
  create: async () =>
    createPostgresqlTarget(await (running ??= startPostgresql(needs("postgres").program, "included"))),
  end: async () => (await running)?.stop(),
  unwritable: {
    kind: "postgresql",
    certificatePath: "/etc/passwd/tls/server.crt",
    keyPath: "/etc/passwd/tls/server.key",
    owner: String(process.getuid?.()),
  },
};

async function createPostgresqlTarget(server: PostgresqlServer): Promise<PostgresqlTestTarget> {
  const base = mkdtempSync(join(tmpdir(), "postgresql-target-"));
  chmodSync(base, 0o755);
  const directory = join(base, "tls");
  const commands = new TestCommands(base);
  const paths = { certificatePath: join(directory, "server.crt"), keyPath: join(directory, "server.key") };
  const settings = `ssl_cert_file = '${paths.certificatePath}'\nssl_key_file = '${paths.keyPath}'\n`;
  // A reload is over when the log says so: what connects later gets what is served from then on.
  const reload = commands.script(
    "reload",
    commands.refusal("reload"),
    `sed -i 's/^ssl = off/ssl = on/' '${server.include}'`,
    `seen() { grep -c 'received SIGHUP, reloading' '${server.log}' || :; }`,
    `before=$(seen)`,
    `kill -HUP ${String(server.pid)}`,
    `while [ "$(seen)" -eq "$before" ]; do sleep 0.02; done`,
    `echo . >>'${commands.log}'`,
  );
  writeFileSync(server.include, `ssl = off\n${settings}`);
  return {
    server,
    args: {
      kind: "postgresql",
      ...paths,
      owner: server.owner ?? String(process.getuid?.()),
      check: commands.script("check", commands.refusal("check"), `test -s '${paths.certificatePath}'`),
      reload,
      onDelete: "remove",
    },
    configure: (line) => writeFileSync(server.include, `ssl = on\n${settings}${line}\n`),
    served: async () => {
      const [sent] = await certificatesSentTo(server.port, "1.3", "web.example.com", ["-starttls", "postgres"]);
      return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
    },
    stored: () => pairIn(directory, "server.crt", "server.key"),
    reloads: () => commands.reloads(),
    refuse: (command) => commands.refuse(command),
    damage: () => writeFileSync(paths.keyPath, "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    remove: () => rmSync(base, { recursive: true }),
  };
}
