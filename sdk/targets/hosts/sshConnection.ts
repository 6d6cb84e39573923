import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificatesError, messageOf } from "../../errors";
import { shownEnd } from "../../net/command";
import { redact } from "../../net/redact";
import { AnswerReader, NoAnswer } from "./answerReader";
import { type RemoteResult, type RemoteScript, beginning, framed } from "./remoteShell";
import { quoteAll } from "./shell";
import { SshChannels } from "./sshChannels";
import type { SshSpec } from "./sshSpec";

/** Nobody waits longer for a host that does not answer, in seconds. */
const connectTimeout = 15;
/** A connection without a sign of life is given up after three of these, in seconds. */
const aliveInterval = 10;

/**
 * One connection to a host, through which all scripts of the run go, one after the other. A script is sent without
 * waiting for the answers to those before it. It ends with this process, however that ends: the far side reads from a
 * pipe of ours.
 */
export class SshConnection {
  private readonly answers: AnswerReader;
  private last: Promise<unknown> = Promise.resolve();
  private sequences = 0;
  private carried: SshChannels | undefined;

  private constructor(
    readonly spec: SshSpec,
    private readonly child: ChildProcessWithoutNullStreams,
    mark: string,
  ) {
    this.answers = new AnswerReader(child, mark);
  }

  /**
   * @param program the path of OpenSSH's client
   * @param carries whether the host is to make TCP connections for this machine: then there are `channels`
   */
  static async open(spec: SshSpec, program: string, carries = false): Promise<SshConnection> {
    const folder = await mkdtemp(join(tmpdir(), "certs-ssh-"));
    try {
      const control = join(folder, "mux");
      const shared = ["-o", "ControlMaster=yes", "-o", `ControlPath=${control.replaceAll("%", "%%")}`];
      // Of two values the first one counts.
      const args = [...(carries ? shared : []), ...(await sshArguments(spec, program, folder))];
      const child = spawn(program, [...args, spec.host, "exec sh"], { env: environment() });
      const mark = randomBytes(16).toString("hex");
      const connection = new SshConnection(spec, child, mark);
      child.stdin.write(beginning(mark));
      await connection.ready();
      if (carries) connection.carried = await connection.attach(control);
      return connection;
    } finally {
      // Keys lie there no longer than until the connection is there.
      await rm(folder, { recursive: true, force: true });
    }
  }

  get isOpen(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.carried?.isOpen !== false;
  }

  /** TCP connections that the host makes. */
  get channels(): SshChannels {
    if (this.carried !== undefined) return this.carried;
    throw new CertificatesError("Internal", `The connection to ${this.spec.name} was opened to carry no others.`);
  }

  /** Runs a script in a POSIX shell there. What it came to is in the result; a lost connection is an error. */
  run(script: RemoteScript): Promise<RemoteResult> {
    this.send(framed(script));
    const result = this.last.then(() => this.answerTo(script));
    this.last = result.catch(() => undefined);
    return result;
  }

  /** A number for scripts that run only if those before them succeeded. */
  beginSequence(): number {
    return ++this.sequences;
  }

  close(): Promise<void> {
    return this.answers.closed(() => this.child.kill("SIGTERM"));
  }

  private async ready(): Promise<void> {
    try {
      await this.answers.next(3_000 * connectTimeout);
    } catch (cause) {
      await this.close();
      const silence = cause instanceof NoAnswer ? "it did not answer in time" : "";
      throw failed(this.spec, this.answers.said() || silence, "could not be made");
    }
  }

  private async attach(control: string): Promise<SshChannels> {
    try {
      return await SshChannels.attach(control);
    } catch (error) {
      await this.close();
      throw failed(this.spec, messageOf(error), "cannot carry others");
    }
  }

  /** What is asked in one go leaves in one packet. */
  private send(text: string): void {
    const { stdin } = this.child;
    if (stdin.writableCorked === 0) {
      stdin.cork();
      setImmediate(() => stdin.uncork());
    }
    stdin.write(text);
  }

  private async answerTo({ timeout = 60_000, signal, secrets = [] }: RemoteScript): Promise<RemoteResult> {
    const end = (): void => void this.child.kill("SIGTERM");
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted === true) end();
    try {
      const { code, stdout: bytes, stderr } = await this.answers.next(timeout);
      const stdout = bytes.toString("utf8");
      const output = shownEnd(redact([stdout, stderr].filter(Boolean).join("\n"), secrets));
      return { code, signal: undefined, timedOut: false, stdout, output, bytes };
    } catch (cause) {
      // What comes later belongs to no question any more.
      await this.close();
      if (cause instanceof NoAnswer) return { ...unanswered, bytes: Buffer.alloc(0) };
      throw failed(this.spec, this.answers.said(), "was lost");
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }
}

const unanswered = { code: undefined, signal: "SIGTERM", timedOut: true, stdout: "", output: "" } as const;

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
  [
    /refused|timed out|no route|unreachable|did not answer/i,
    "Check that its SSH server runs and that this machine reaches it.",
  ],
  [
    /invalid format|error in libcrypto|load key/i,
    "privateKey must be an unencrypted private key in PEM or OpenSSH format.",
  ],
  [/too long for unix domain socket/i, "Set TMPDIR to a folder with a shorter path."],
];

/** OpenSSH does not say why it gives up a connection on which nothing comes any more. */
const silence = `it was closed, or nothing came from there for ${3 * aliveInterval} s`;

const otherwise = "Check the host and its SSH server; the next run goes on from where this one stopped.";

/** OpenSSH's own warning takes half a page, and names files that are gone when it is read. */
function reasonIn(said: string): string {
  const [, type, shown] = /fingerprint for the (\S+) key sent by the remote host is\s+([^\s.]+)/.exec(said) ?? [];
  if (shown !== undefined) return `host key verification failed: it shows the ${type} key ${shown}`;
  const lines = said.split("\n").map((line) => line.trim().replace(/\.$/, ""));
  return lines.filter(Boolean).join(". ");
}

function failed({ name, privateKey }: SshSpec, said: string, what: string): CertificatesError {
  const reason = redact(reasonIn(said), privateKey === undefined ? [] : [privateKey]);
  const hint = hints.find(([pattern]) => pattern.test(reason))?.[1] ?? otherwise;
  return new CertificatesError("DeploymentFailed", `The SSH connection to ${name} ${what}: ${reason || silence}.`, {
    retryable: true,
    hint,
  });
}
