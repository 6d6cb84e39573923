import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type ChildServer, startChild } from "./childServer";
import type { ClosedNetwork } from "./closedNetwork";
import { freePorts } from "./freePorts";

/** A real OpenSSH server that lets in one user with one key. */
export interface SshServer {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The public key that it shows. */
  readonly hostKey: string;
  /** The public key of the CA that signed it, for 127.0.0.1. */
  readonly hostAuthority: string;
  /** The private key that it lets in. */
  readonly privateKey: string;
  readonly identityFile: string;
  /** How many connections it has accepted. */
  connections(): number;
  output(): string;
  /** Ends the connections to it; only those of a server in a network of its own. */
  dropConnections(): void;
  /** Whether anybody is logged in, or anything goes on that was started by somebody who was. */
  isBusy(): boolean;
  /** Runs a command as root with the files that whoever logs in has, and returns its output. */
  inside(command: readonly string[]): string;
  /** Ends it and all that it serves, as when the machine is cut off; servers that were started there go on. */
  die(): Promise<void>;
  /** Starts it again, with the same keys. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface SshServerOptions {
  /** @default 127.0.0.1 */
  readonly address?: string;
  /** A folder that whoever logs in sees at another path, so that servers on one machine are like several machines. */
  readonly mount?: { readonly folder: string; readonly at: string };
  /** A folder with files that whoever logs in has in /etc, /run, /usr/bin and /usr/sbin, besides those of this machine. */
  readonly files?: string;
  /** @default the user of the tests */
  readonly user?: string;
  /** The network that it is in; only its own port is reached from outside. */
  readonly network?: ClosedNetwork;
  /** More lines of its configuration. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What stands before the key in `authorized_keys`. */
  readonly keyOptions?: string;
}

/**
 * @param program the path of `sshd`; a mount needs root
 */
export async function startSshServer(program: string, options: SshServerOptions = {}): Promise<SshServer> {
  const { address = "127.0.0.1", user = userInfo().username, network, settings: more = {}, keyOptions = "" } = options;
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  // Another user that logs in has its keys read as itself.
  chmodSync(folder, 0o711);
  const key = (name: string): string => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, name)]);
    return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  };
  const [hostKey, hostAuthority, clientKey] = ["host", "authority", "client"].map(key) as [string, string, string];
  const sign = ["-s", join(folder, "authority"), "-I", "test", "-h", "-n", address, join(folder, "host.pub")];
  execFileSync("ssh-keygen", ["-q", ...sign]);
  writeFileSync(join(folder, "authorized_keys"), `${keyOptions} ${clientKey}\n`, { mode: 0o644 });
  const settings = {
    ...more,
    HostKey: join(folder, "host"),
    HostCertificate: join(folder, "host-cert.pub"),
    AuthorizedKeysFile: join(folder, "authorized_keys"),
    PidFile: "none",
    UsePAM: "no",
    StrictModes: "no",
    PasswordAuthentication: "no",
    PermitRootLogin: "prohibit-password",
    MaxStartups: 100,
    MaxSessions: 50,
    // Bash takes itself for a shell within another and leaves out what the user of the tests has in .bashrc.
    SetEnv: "SHLVL=1",
  };
  const text = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  const configuration = join(folder, "sshd_config");
  writeFileSync(configuration, text.join(""));
  // Where a server that root starts leaves its rights.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server =
    network === undefined
      ? await listening([program, "-D", "-e", "-f", configuration], address, mountsOf(options, folder))
      : await answering(network.inside([program, "-i", "-e", "-f", configuration]), address);
  return {
    address,
    port: server.port,
    user,
    hostKey,
    hostAuthority,
    privateKey: readFileSync(join(folder, "client"), "utf8"),
    identityFile: join(folder, "client"),
    connections: () => server.output().split("Accepted publickey").length - 1,
    output: () => server.output(),
    dropConnections: () => server.dropConnections(),
    isBusy: () => server.isBusy(),
    inside: (command) => server.inside(command),
    die: () => server.die(),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Listener = Pick<
  SshServer,
  "port" | "output" | "dropConnections" | "isBusy" | "inside" | "die" | "restart" | "stop"
>;

async function listening(program: readonly string[], address: string, mounts: readonly string[]): Promise<Listener> {
  const [port = 0] = await freePorts(1);
  const command = [...program, "-p", String(port), "-o", `ListenAddress=${address}`];
  const [first = "", ...rest] = mounts.length === 0 ? command : apart(mounts, command);
  let former = "";
  let server: ChildServer;
  const start = async (): Promise<void> => {
    server = startChild(first, rest);
    await server.wrote(/Server listening on 127/);
  };
  await start();
  const output = (): string => former + server.output();
  return {
    port,
    output,
    dropConnections: () => undefined,
    isBusy: () => descendantsOf(server.pid).length > 0,
    inside: (command) =>
      execFileSync("nsenter", ["--mount", "--target", String(server.pid), "--", ...command], { encoding: "utf8" }),
    die: async () => {
      descendantsOf(server.pid).forEach(kill);
      await server.stop("SIGKILL");
      former = output();
    },
    restart: start,
    stop: () => server.stop("SIGTERM"),
  };
}

/** Hands each connection to a process of its own, as inetd does. */
async function answering([first = "", ...rest]: readonly string[], address: string): Promise<Listener> {
  let output = "";
  const running = new Set<Promise<unknown>>();
  const children = new Set<ReturnType<typeof spawn>>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(first, rest, { stdio: [socket, socket, "pipe"] });
    socket.destroy(); // it is the child's now
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
    const closed = once(child, "close").then(() => void (running.delete(closed), children.delete(child)));
    running.add(closed);
    children.add(child);
  });
  const dropConnections = (): void => {
    for (const child of children) child.kill("SIGTERM");
  };
  server.listen(0, address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    output: () => output,
    dropConnections,
    isBusy: () => running.size > 0,
    inside: ([program = "", ...args]) => execFileSync(program, args, { encoding: "utf8" }),
    die: () => Promise.reject(new Error("Only a server outside of a closed network can die.")),
    restart: () => Promise.reject(new Error("It never ends by itself.")),
    stop: async () => {
      server.close();
      dropConnections();
      await Promise.all(running);
    },
  };
}

/** The commands that make the machine look different to whoever logs in. */
function mountsOf({ mount, files }: SshServerOptions, folder: string): string[] {
  return [
    ...(files === undefined ? [] : [layered(files, join(folder, "layers"))]),
    ...(mount === undefined ? [] : [`mount --bind '${mount.folder}' '${mount.at}'`]),
  ];
}

/** Runs a command whose mounts nobody else sees. */
function apart(mounts: readonly string[], command: readonly string[]): string[] {
  const script = ["set -e", ...mounts, 'exec "$@"'].join("\n");
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", ...command];
}

/** Lays files over those of the machine; what is written there stays in memory. */
function layered(files: string, layers: string): string {
  return `mkdir -p '${layers}'
mount -t tmpfs tmpfs '${layers}'
for folder in etc run usr/bin usr/sbin; do
  mkdir -p '${layers}'/$folder/upper '${layers}'/$folder/work
  mount -t overlay overlay -o lowerdir=/$folder,upperdir='${layers}'/$folder/upper,workdir='${layers}'/$folder/work /$folder
  ! [ -d '${files}'/$folder ] || cp -R '${files}'/$folder/. /$folder/
done`;
}

/** All processes that a process has started, with those that they have started in turn. */
function descendantsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** One that has just ended by itself is fine. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
