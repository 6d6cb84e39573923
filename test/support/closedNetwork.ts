import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChildServer, startChild } from "./childServer";

/**
 * A network of its own with one machine in it, which nothing outside can connect to, on whatever address: the loopback
 * of a Linux network namespace. Needs root.
 */
export interface ClosedNetwork {
  /** How to run a command inside. */
  inside(command: readonly string[]): string[];
  stop(): Promise<void>;
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
  return {
    inside: (command) => ["nsenter", `--target=${holder.pid}`, "--net", "--mount", ...command],
    stop: () => holder.stop("SIGKILL"),
  };
}
