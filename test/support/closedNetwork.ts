import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChildServer, startChild } from "./childServer";
import { startProgram } from "./lineProcess";
import type { SshServer } from "./sshServer";
import type { TestCertificate } from "./testCertificates";

/**
 * A network of its own with one machine in it, which nothing outside can connect to, on whatever address: the loopback
 * of a Linux network namespace. Needs root.
 */
export interface ClosedNetwork {
  /** How to run a command inside. */
  inside(command: readonly string[]): string[];
  /** Starts a web server inside. @default on 127.0.0.1, any free port */
  serve(certificate: TestCertificate, where?: { address?: string; port?: number }): Promise<InsideServer>;
  stop(): Promise<void>;
}

export interface InsideServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** How a program describes a server that a test started. */
export function fromHost({ address, user, port, hostKey, privateKey }: SshServer, more: object = {}) {
  return { kind: "ssh", host: address, user, port, hostKey, privateKey, ...more } as const;
}

/**
 * @param folder for its hosts file
 * @param hosts names that only this machine knows, with their addresses
 */
export async function startClosedNetwork(
  folder: string,
  hosts: Readonly<Record<string, readonly string[]>>,
): Promise<ClosedNetwork> {
  const file = join(folder, "hosts");
  const lines = Object.entries(hosts).flatMap(([name, all]) => all.map((address) => `${address} ${name}\n`));
  writeFileSync(file, ["127.0.0.1 localhost\n", ...lines].join(""));
  const script = 'ip link set lo up && mount --bind "$1" /etc/hosts && echo ready && exec sleep infinity';
  const options = ["--net", "--mount", "--propagation", "private"];
  const holder: ChildServer = startChild("unshare", [...options, "sh", "-c", script, "sh", file]);
  await holder.wrote(/ready/);
  const inside = (command: readonly string[]): string[] => [
    "nsenter",
    `--target=${holder.pid}`,
    "--net",
    "--mount",
    ...command,
  ];
  return {
    inside,
    serve: async (certificate, { address = "127.0.0.1", port = 0 } = {}) => {
      const path = join(folder, certificate.fingerprintSha256);
      writeFileSync(`${path}.pem`, certificate.fullChainPem);
      writeFileSync(`${path}.key`, certificate.privateKeyPem);
      const args = ["--certificate", `${path}.pem`, "--key", `${path}.key`, "--host", address, "--port", String(port)];
      const [program = "", ...rest] = inside([process.execPath, join(__dirname, "httpsServerProcess.mjs"), ...args]);
      const server = startProgram(program, rest);
      const said = await server.line((line) => line.includes('"port"'));
      return { port: (JSON.parse(said) as { port: number }).port, stop: () => server.stop() };
    },
    stop: () => holder.stop("SIGKILL"),
  };
}
