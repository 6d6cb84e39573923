import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CertificatesError, invalidArgument } from "../../errors";
import type { Host } from "./host";
import { localHost } from "./local";
import { SshConnection } from "./sshConnection";
import { SshHost } from "./sshHost";
import { type SshSpec, parseSsh } from "./sshSpec";

/** A host as it is understood: its name stands in messages and in the state. */
export type HostSpec = { readonly kind: "local"; readonly name: string } | ({ readonly kind: "ssh" } & SshSpec);

export function parseHost(value: unknown, property: string): HostSpec {
  const kind = typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind === "local") return { kind, name: localHost.name };
  if (kind === "ssh") return { kind, ...parseSsh(value, property) };
  const problem = `${JSON.stringify(kind) ?? "nothing"} is no kind of host.`;
  throw invalidArgument(property, problem, "Use ssh({ host, user, hostKey }) or local().");
}

const opened = new Map<string, Promise<SshHost>>();

/** Opens a host, over the connection of this run if there is one already. */
export async function openHost(spec: HostSpec): Promise<Host> {
  return spec.kind === "local" ? localHost : remoteHost(spec);
}

async function remoteHost(spec: SshSpec): Promise<SshHost> {
  const key = createHash("sha256").update(JSON.stringify(spec)).digest("base64");
  for (let known = opened.get(key); known !== undefined; known = opened.get(key)) {
    if ((await known).isOpen) return known;
    if (opened.get(key) === known) opened.delete(key);
  }
  const opening = SshConnection.open(spec, client()).then((connection) => new SshHost(connection));
  opened.set(key, opening);
  try {
    return await opening;
  } catch (error) {
    opened.delete(key);
    throw error;
  }
}

/** The path of OpenSSH's client. */
export function client(): string {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  const found = folders.map((folder) => join(folder, "ssh")).find((path) => path.startsWith("/") && existsSync(path));
  if (found !== undefined) return found;
  throw new CertificatesError("DeploymentFailed", "There is no program `ssh` on this machine.", {
    hint: "Install the OpenSSH client (Debian: openssh-client).",
  });
}

/** Ends the connections of this process, which otherwise end with it. */
export async function closeHosts(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  await Promise.all(all.map(async (opening) => (await opening).close()));
}
