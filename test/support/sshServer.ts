import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { startChild } from "./childServer";
import { freePorts } from "./freePorts";

/** A real OpenSSH server that lets in the user of the tests with one key. */
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
  stop(): Promise<void>;
}

export interface SshServerOptions {
  /** @default 127.0.0.1 */
  readonly address?: string;
  /** A folder that whoever logs in sees at another path, so that servers on one machine are like several machines. */
  readonly mount?: { readonly folder: string; readonly at: string };
}

/**
 * @param program the path of `sshd`; a mount needs root
 */
export async function startSshServer(
  program: string,
  { address = "127.0.0.1", mount }: SshServerOptions = {},
): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const key = (name: string): string => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, name)]);
    return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  };
  const [hostKey, hostAuthority, clientKey] = ["host", "authority", "client"].map(key) as [string, string, string];
  const sign = ["-s", join(folder, "authority"), "-I", "test", "-h", "-n", address, join(folder, "host.pub")];
  execFileSync("ssh-keygen", ["-q", ...sign]);
  writeFileSync(join(folder, "authorized_keys"), `${clientKey}\n`, { mode: 0o600 });
  const [port = 0] = await freePorts(1);
  const settings = {
    Port: port,
    ListenAddress: address,
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
  };
  const text = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(folder, "sshd_config"), text.join(""));
  // Where a server that root starts leaves its rights.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const command = [program, "-D", "-e", "-f", join(folder, "sshd_config")];
  const [first = "", ...rest] = mount === undefined ? command : mounted(mount, command);
  const server = startChild(first, rest);
  await server.wrote(/Server listening on 127/);
  return {
    address,
    port,
    user: userInfo().username,
    hostKey,
    hostAuthority,
    privateKey: readFileSync(join(folder, "client"), "utf8"),
    identityFile: join(folder, "client"),
    connections: () => server.output().split("Accepted publickey").length - 1,
    output: () => server.output(),
    stop: async () => {
      await server.stop("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a command that sees a folder at another path, and nobody else does. */
function mounted({ folder, at }: { folder: string; at: string }, command: readonly string[]): string[] {
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", folder, at, ...command];
}
