import { createPrivateKey, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { type ChildServer, listening, startChild } from "../childServer";
import { closedPort } from "../openServers";
import { certificatesSentTo } from "../opensslClient";
import { needs } from "../requirements";
import { leftoversIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";
import { testMaterial } from "./material";
import { TestCommands } from "./testCommands";

/** A target with the HAProxy that reads it. */
export interface HaproxyTestTarget extends TestTarget {
  readonly port: number;
  readonly pid: number;
  /** Sends commands to its socket. */
  ask(commands: string): string;
  stopServer(): Promise<void>;
}

export interface HaproxyFixture extends TargetFixture {
  create(): Promise<HaproxyTestTarget>;
}

export const haproxyFixture: HaproxyFixture = {
  kind: kindOfTarget({ kind: "haproxy" }, "target"),
  needs: "haproxy",
  refusable: ["checkStaged", "check", "reload"],
  create: () => createHaproxyTarget(false),
  unwritable: { kind: "haproxy", certificatePath: "/etc/passwd/tls/web.pem" },
};

/** The running process does not know the file before the first deployment. */
export const haproxyListFixture: HaproxyFixture = {
  ...haproxyFixture,
  variant: "with a crt-list",
  create: () => createHaproxyTarget(true),
};

async function createHaproxyTarget(isListed: boolean): Promise<HaproxyTestTarget> {
  const base = mkdtempSync(join(tmpdir(), "haproxy-target-"));
  const directory = join(base, "tls");
  const certificatePath = join(directory, "web.pem");
  const socket = join(base, "admin.sock");
  const port = await closedPort();
  const crtList = isListed ? join(base, "certificates.list") : undefined;
  const server = await startHaproxy({ base, certificatePath, crtList, socket, port });
  const commands = new TestCommands(base);
  const socat = needs("socat").program;
  return {
    port,
    pid: server.pid,
    ask: (text) =>
      execFileSync(socat, ["-t", "10", "-", `UNIX-CONNECT:${socket}`], { input: `${text}\n`, encoding: "utf8" }),
    stopServer: () => server.stop("SIGTERM"),
    args: {
      kind: "haproxy",
      certificatePath,
      ...(crtList !== undefined && { crtList }),
      socket,
      socat: socatIn(commands, socat, base),
      check: commands.script("check", commands.refusal("check"), `test -s '${certificatePath}'`),
      onDelete: "remove",
    },
    served: async () => {
      const [sent] = await certificatesSentTo(port, "1.3", "web.example.com");
      return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
    },
    stored: () => combinedAt(certificatePath),
    reloads: () => commands.reloads(),
    refuse: (command) => commands.refuse(command),
    damage: () => writeFileSync(certificatePath, "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    remove: async () => {
      await server.stop("SIGTERM");
      rmSync(base, { recursive: true });
    },
  };
}

interface Place {
  readonly base: string;
  readonly certificatePath: string;
  readonly crtList: string | undefined;
  readonly socket: string;
  readonly port: number;
}

/** Without a crt-list it starts with a file that is gone afterwards, so that it has a certificate of that path. */
async function startHaproxy({ base, certificatePath, crtList, socket, port }: Place): Promise<ChildServer> {
  const [first, other] = [await testMaterial(), await testMaterial("other.example.com")];
  const directory = join(certificatePath, "..");
  const otherPath = join(base, "other.pem");
  mkdirSync(directory);
  writeFileSync(certificatePath, first.privateKeyPem + first.fullChainPem, { mode: 0o600 });
  writeFileSync(otherPath, other.privateKeyPem + other.fullChainPem, { mode: 0o600 });
  if (crtList !== undefined)
    writeFileSync(crtList, `# Kept as it is.\n${otherPath} [alpn h2] *.example.com !no.example.com\n`);
  const configuration = join(base, "haproxy.cfg");
  writeFileSync(
    configuration,
    `global
  stats socket ${socket} mode 600 level admin
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  tune.ssl.cachesize 0
defaults
  mode http
  timeout connect 10s
  timeout client 30s
  timeout server 30s
frontend web
  bind 127.0.0.1:${String(port)} ssl ${crtList === undefined ? `crt ${certificatePath} crt ${otherPath}` : `crt-list ${crtList}`}
  http-request return status 200
`,
  );
  const server = startChild(needs("haproxy").program, ["-db", "-f", configuration]);
  await listening(server, port);
  rmSync(directory, { recursive: true });
  return server;
}

/** A socat that can refuse the two ends of a transaction, and notes those that went through. */
function socatIn(commands: TestCommands, socat: string, base: string): string | undefined {
  return commands.script(
    "socat",
    `input=$(mktemp '${base}/input.XXXXXX')`,
    `trap 'rm -f "$input"' EXIT`,
    `cat >"$input"`,
    `if grep -q '^set ssl cert' "$input"; then`,
    `if [ -e '${base}/refuse-checkStaged' ]; then echo checkStaged says no; exit; fi`,
    `fi`,
    `if grep -q '^commit ssl cert' "$input"; then`,
    commands.refusal("reload"),
    `echo . >>'${commands.log}'`,
    `fi`,
    `'${socat}' "$@" <"$input"`,
  )[0];
}

/** The fingerprint of the certificate in a combined file, if its key is its own. */
function combinedAt(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const pem = readFileSync(path);
  const certificate = new X509Certificate(pem);
  if (!certificate.checkPrivateKey(createPrivateKey(pem))) throw new Error(`${path}: another key.`);
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}
