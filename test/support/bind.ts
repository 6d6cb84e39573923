import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listening, startChild } from "./childServer";
import { freePorts } from "./freePorts";

export interface BindKey {
  readonly name: string;
  readonly algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  /** Base64. */
  readonly secret: string;
  /** What it may update in each zone, as rules of update-policy. @default TXT records of all names */
  readonly grant?: readonly string[];
}

export interface BindZone {
  readonly name: string;
  /** Lines of the zone file besides SOA and NS. */
  readonly records?: readonly string[];
  /** The primary, if this server has a copy only. It is not told of changes unless it names this one. */
  readonly primary?: Bind;
}

export interface Bind {
  readonly port: number;
  /** `address:port`. It answers on UDP and TCP. */
  readonly address: string;
  output(): string;
  stop(): Promise<void>;
}

/** A real BIND, authoritative for these zones, that takes dynamic updates signed with these keys. */
export async function startBind(
  program: string,
  zones: readonly BindZone[],
  keys: readonly BindKey[] = [],
  /** Secondaries that are told of changes, by their ports. */
  notify: readonly number[] = [],
  port?: number,
): Promise<Bind> {
  const folder = mkdtempSync(join(tmpdir(), "bind-"));
  const listen = port ?? (await freePorts(1))[0] ?? 0;
  for (const { name, records = [], primary } of zones)
    if (primary === undefined) writeFileSync(join(folder, name), zoneFile(name, records));
  writeFileSync(join(folder, "named.conf"), configuration(folder, listen, zones, keys, notify), { mode: 0o600 });
  const server = startChild(program, ["-g", "-4", "-n", "1", "-c", join(folder, "named.conf")], { cwd: folder });
  await listening(server, listen);
  return {
    port: listen,
    address: `127.0.0.1:${listen}`,
    output: server.output,
    stop: async () => {
      await server.stop("SIGTERM");
      rmSync(folder, { recursive: true });
    },
  };
}

function zoneFile(name: string, records: readonly string[]): string {
  return `$ORIGIN ${name}.
$TTL 60
@ SOA ns1 hostmaster 1 3600 600 86400 60
@ NS ns1
ns1 A 127.0.0.1
${records.join("\n")}
`;
}

function configuration(
  folder: string,
  port: number,
  zones: readonly BindZone[],
  keys: readonly BindKey[],
  notify: readonly number[],
): string {
  const told = notify.map((other) => `127.0.0.1 port ${other};`).join(" ");
  return `options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  notify explicit;
  notify-delay 0;
  serial-query-rate 100;
  pid-file "${folder}/named.pid";
  session-keyfile "${folder}/session.key";
};
controls { };
${keys.map(({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`).join("\n")}
${zones.map((zone) => zoneBlock(zone, keys, told)).join("\n")}
`;
}

function zoneBlock({ name, primary }: BindZone, keys: readonly BindKey[], told: string): string {
  if (primary !== undefined) {
    const source = `127.0.0.1 port ${primary.port};`;
    return `zone "${name}" { type secondary; primaries { ${source} }; masterfile-format text; file "${name}"; };`;
  }
  const rules = keys.flatMap((key) => (key.grant ?? ["zonesub TXT"]).map((rule) => `grant ${key.name} ${rule};`));
  const policy = rules.length === 0 ? "" : `update-policy { ${rules.join(" ")} };`;
  return `zone "${name}" { type primary; file "${name}"; also-notify { ${told} }; ${policy} };`;
}
