import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificatesError } from "../../errors";
import { type CommandResult, runCommand } from "../../net/command";
import { redact } from "../../net/redact";
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
 * What runs there is the same for all scripts: the script itself comes through the standard input, so that no list of
 * processes shows it, and what follows it is the input of the script.
 */
const reader = `exec sh -c 'IFS= read -r s && eval "$(printf %s "$s" | base64 -d)"'`;

/**
 * One connection to a host, over which all scripts of the run go (OpenSSH's ControlMaster). It ends with this process,
 * however that ends: the far side reads from a pipe of ours.
 */
export class SshConnection {
  private constructor(
    readonly spec: SshSpec,
    private readonly program: string,
    private readonly socket: string,
    private readonly master: ChildProcess,
    private readonly folder: string,
  ) {}

  static async open(spec: SshSpec, program: string, jump?: SshConnection): Promise<SshConnection> {
    const folder = await mkdtemp(join(tmpdir(), "certs-ssh-"));
    try {
      const socket = join(folder, "s");
      const options = await optionsOf(spec, folder);
      const via = jump === undefined ? [] : ["-o", `ProxyCommand=${jump.proxyCommand()}`];
      const master = spawn(
        program,
        [...options, ...via, "-M", "-S", socket, ...destination(spec), "echo ready; exec cat >/dev/null"],
        { stdio: ["pipe", "pipe", "pipe"], env: environment(), detached: true },
      );
      await ready(spec, master);
      // Both were needed until now, and lie there no longer than that.
      await Promise.all(["key", "known_hosts"].map((name) => rm(join(folder, name), { force: true })));
      return new SshConnection(spec, program, socket, master, folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.master.exitCode === null && this.master.signalCode === null;
  }

  /** Runs a script in a POSIX shell there. What it came to is in the result; a lost connection is an error. */
  async run({ script, input = "", timeout = 60_000, signal, secrets = [] }: RemoteScript): Promise<CommandResult> {
    const first = `${Buffer.from(script).toString("base64")}\n`;
    const result = await runCommand([this.program, "-F", "none", "-S", this.socket, "-T", this.spec.host, reader], {
      input: Buffer.concat([Buffer.from(first), Buffer.from(input)]),
      timeout,
      secrets,
      environment: environment(),
      ...(signal && { signal }),
    });
    if (result.code === 255 && !this.isOpen) throw failed(this.spec, result.output, "was lost");
    return result;
  }

  /** What OpenSSH runs to reach a host behind this one. */
  private proxyCommand(): string {
    return `${this.program} -F none -S ${this.socket} -W [%h]:%p ${this.spec.host}`;
  }

  async close(): Promise<void> {
    if (this.isOpen) {
      const ended = new Promise((resolve) => this.master.once("exit", resolve));
      this.master.kill("SIGTERM");
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Everything is said here: no configuration file of the machine adds to it. */
async function optionsOf(spec: SshSpec, folder: string): Promise<string[]> {
  const known = join(folder, "known_hosts");
  await writeFile(known, knownHosts(spec), { mode: 0o600 });
  const settings: Record<string, string> = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: known,
    GlobalKnownHostsFile: "/dev/null",
    CheckHostIP: "no",
    UpdateHostKeys: "no",
    ForwardAgent: "no",
    ForwardX11: "no",
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    ConnectTimeout: String(connectTimeout),
    ServerAliveInterval: String(aliveInterval),
    ServerAliveCountMax: "3",
    ControlPersist: "no",
    LogLevel: "ERROR",
  };
  const { privateKey, identityFile, port } = spec;
  if (privateKey !== undefined) {
    const key = join(folder, "key");
    await writeFile(key, privateKey.endsWith("\n") ? privateKey : `${privateKey}\n`, { mode: 0o600 });
    Object.assign(settings, { IdentityFile: key, IdentitiesOnly: "yes", IdentityAgent: "none" });
  } else if (identityFile !== undefined) {
    Object.assign(settings, { IdentityFile: identityFile, IdentitiesOnly: "yes" });
  }
  return [
    "-F",
    "none",
    "-T",
    "-p",
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ];
}

function knownHosts({ host, port, hostKeys, hostAuthorities }: SshSpec): string {
  const name = port === 22 ? host : `[${host}]:${port}`;
  return [
    ...hostKeys.map((key) => `${name} ${key}\n`),
    ...hostAuthorities.map((key) => `@cert-authority ${name} ${key}\n`),
  ].join("");
}

function destination({ user, host }: SshSpec): string[] {
  return ["-l", user, host];
}

/** Of this process's environment OpenSSH gets what it finds an agent and its own files by. */
function environment(): Record<string, string> {
  const names = ["HOME", "SSH_AUTH_SOCK", "USER", "LOGNAME"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function ready(spec: SshSpec, master: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const stop = (): void => {
      clearTimeout(timer);
      master.removeAllListeners("exit");
    };
    const timer = setTimeout(() => {
      stop();
      master.kill("SIGKILL");
      reject(failed(spec, "it did not answer in time", "could not be made"));
    }, 3_000 * connectTimeout);
    master.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    master.stdout?.once("data", () => {
      stop();
      resolve();
    });
    master.once("error", (error: NodeJS.ErrnoException) => {
      stop();
      reject(failed(spec, `ssh could not be started (${error.code ?? error.message})`, "could not be made"));
    });
    master.once("exit", () => {
      stop();
      reject(failed(spec, said, "could not be made"));
    });
  });
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
