import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificatesError } from "../../errors";
import { type CommandResult, shownEnd } from "../../net/command";
import { redact } from "../../net/redact";
import { LineReader, NoAnswer } from "./lineReader";
import { quote, quoteAll } from "./shell";
import type { SshSpec } from "./sshSpec";

/** A script for the shell of a host. */
export interface RemoteScript {
  readonly script: string;
  readonly input?: string | Uint8Array;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  readonly secrets?: readonly string[];
}

/** Nobody waits longer for a host that does not answer, in seconds. */
const connectTimeout = 15;
/** A connection without a sign of life is given up after three of these, in seconds. */
const aliveInterval = 10;

/**
 * What runs there: it takes scripts and their input from its standard input, a line of base64 for each, so that no list
 * of processes shows them, and answers with a line for the output and one for the errors, which end with the exit code.
 */
const loop = `exec 3>&1
echo ready
while IFS= read -r s && IFS= read -r i; do
  e=$({ printf %s "$i" | base64 -d | { sh -c "$(printf %s "$s" | base64 -d)" 3>&- 4>&-; echo "$?" >&4; } |
    base64 | tr -d "\\n" >&3; } 2>&1 4>&1)
  printf "\\n%s\\n" "$(printf %s "$e" | base64 | tr -d "\\n")"
done`;

/**
 * One connection to a host, through which all scripts of the run go, one after the other. It ends with this process,
 * however that ends: the far side reads from a pipe of ours.
 */
export class SshConnection {
  private readonly lines: LineReader;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly spec: SshSpec,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    this.lines = new LineReader(child);
  }

  /** @param program the path of OpenSSH's client */
  static async open(spec: SshSpec, program: string): Promise<SshConnection> {
    const folder = await mkdtemp(join(tmpdir(), "certs-ssh-"));
    try {
      const args = await sshArguments(spec, program, folder);
      const child = spawn(program, [...args, spec.host, `exec sh -c ${quote(loop)}`], { env: environment() });
      const connection = new SshConnection(spec, child);
      await connection.ready();
      return connection;
    } finally {
      // Keys lie there no longer than until the connection is there.
      await rm(folder, { recursive: true, force: true });
    }
  }

  get isOpen(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Runs a script in a POSIX shell there. What it came to is in the result; a lost connection is an error. */
  run(script: RemoteScript): Promise<CommandResult> {
    const result = this.last.then(() => this.ask(script));
    this.last = result.catch(() => undefined);
    return result;
  }

  close(): Promise<void> {
    return this.lines.closed(() => this.child.kill("SIGTERM"));
  }

  private async ready(): Promise<void> {
    try {
      await this.lines.next(3_000 * connectTimeout);
    } catch {
      await this.close();
      throw failed(this.spec, this.lines.said() || "it did not answer in time", "could not be made");
    }
  }

  private async ask({
    script,
    input = "",
    timeout = 60_000,
    signal,
    secrets = [],
  }: RemoteScript): Promise<CommandResult> {
    const base64 = (text: string | Uint8Array): string => Buffer.from(text as string).toString("base64");
    const end = (): void => void this.child.kill("SIGTERM");
    signal?.addEventListener("abort", end, { once: true });
    try {
      this.child.stdin.write(`${base64(script)}\n${base64(input)}\n`);
      const stdout = Buffer.from(await this.lines.next(timeout), "base64").toString("utf8");
      const told = Buffer.from(await this.lines.next(timeout), "base64").toString("utf8");
      const [, said = "", code = ""] = /^([^]*?)\n?(\d+)\s*$/.exec(told) ?? [];
      const output = shownEnd(redact([stdout, said].filter(Boolean).join("\n"), secrets));
      return { code: Number(code), signal: undefined, timedOut: false, stdout, output };
    } catch (cause) {
      // What comes later belongs to no question any more.
      await this.close();
      if (cause instanceof NoAnswer)
        return { code: undefined, signal: "SIGTERM", timedOut: true, stdout: "", output: "" };
      throw failed(this.spec, this.lines.said(), "was lost");
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }
}

/** Everything is said here: no configuration file of the machine adds to it. */
async function sshArguments(spec: SshSpec, program: string, folder: string, name = "host"): Promise<string[]> {
  const known = join(folder, `${name}.known_hosts`);
  await writeFile(known, knownHosts(spec), { mode: 0o600 });
  const settings: Record<string, string> = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: known,
    GlobalKnownHostsFile: "/dev/null",
    CheckHostIP: "no",
    UpdateHostKeys: "no",
    ControlPath: "none",
    ForwardAgent: "no",
    ForwardX11: "no",
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    ConnectTimeout: String(connectTimeout),
    ServerAliveInterval: String(aliveInterval),
    ServerAliveCountMax: "3",
    LogLevel: "ERROR",
  };
  const { privateKey, identityFile, jump } = spec;
  if (privateKey !== undefined) {
    const key = join(folder, `${name}.key`);
    await writeFile(key, privateKey.endsWith("\n") ? privateKey : `${privateKey}\n`, { mode: 0o600 });
    Object.assign(settings, { IdentityFile: key, IdentitiesOnly: "yes", IdentityAgent: "none" });
  } else if (identityFile !== undefined) {
    Object.assign(settings, { IdentityFile: identityFile, IdentitiesOnly: "yes" });
  }
  if (jump !== undefined) {
    const [, ...through] = await sshArguments(jump, program, folder, `${name}.jump`);
    // The forwarding is what the jump is for.
    const allowed = through.map((word) => (word === "ClearAllForwardings=yes" ? "ClearAllForwardings=no" : word));
    const command = [program, "-F", ...allowed, "-W", `[${spec.host}]:${spec.port}`, jump.host];
    settings.ProxyCommand = quoteAll(command).replaceAll("%", "%%");
  }
  const all = Object.entries(settings).flatMap(([option, value]) => ["-o", `${option}=${value}`]);
  return ["-F", "none", "-T", "-p", String(spec.port), "-l", spec.user, ...all];
}

function knownHosts({ host, port, hostKeys, hostAuthorities }: SshSpec): string {
  const name = port === 22 ? host : `[${host}]:${port}`;
  return [
    ...hostKeys.map((key) => `${name} ${key}\n`),
    ...hostAuthorities.map((key) => `@cert-authority ${name} ${key}\n`),
  ].join("");
}

/** Of this process's environment OpenSSH gets what it finds an agent and its own files by. */
function environment(): Record<string, string> {
  const names = ["HOME", "SSH_AUTH_SOCK", "USER", "LOGNAME"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** What OpenSSH says, and what to do about it. */
const hints: readonly [RegExp, string][] = [
  [
    /host key verification failed|identification has changed|no .* host key is known/i,
    "The host shows another key than hostKey or hostAuthority says. If it was installed anew, give its new key: `ssh-keyscan` shows it, and its administrator can confirm it.",
  ],
  [
    /permission denied/i,
    "Check user, and that the host accepts the key: privateKey, identityFile, or one of the agent.",
  ],
  [/could not resolve|name or service not known/i, "Check the name, and that this machine can resolve it."],
  [/refused|timed out|no route|did not answer/i, "Check that its SSH server runs and that this machine reaches it."],
  [
    /invalid format|error in libcrypto|load key/i,
    "privateKey must be an unencrypted private key in PEM or OpenSSH format.",
  ],
];

function failed({ name, privateKey }: SshSpec, said: string, what: string): CertificatesError {
  const reason = redact(said, privateKey === undefined ? [] : [privateKey])
    .trim()
    .split("\n")
    .join(" ");
  const hint = hints.find(([pattern]) => pattern.test(reason))?.[1];
  return new CertificatesError(
    "DeploymentFailed",
    `The SSH connection to ${name} ${what}: ${reason || "it was closed"}.`,
    {
      retryable: true,
      ...(hint !== undefined && { hint }),
    },
  );
}
