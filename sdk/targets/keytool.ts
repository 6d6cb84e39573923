import { join } from "node:path";
import { CertificatesError } from "../errors";
import { failureOf } from "../net/command";
import { parseFilePath } from "./certificateAndKey";
import { type Command, assertRunnable } from "./commands";
import type { FileSpec, FilesSpec } from "./filesSpec";
import type { Host } from "./hosts/host";
import { openStore, revisionDirectory } from "./revisions/layout";
import type { Revision, TargetContext } from "./target";

/** Files that Java reads, and the program of the host that can open them. */
export interface KeytoolSpec extends FilesSpec {
  readonly keytool?: string;
}

const timeout = 60_000;

/** The files, with the program if one was given. */
export function withKeytool(files: FilesSpec, value: unknown, property: string): KeytoolSpec {
  const { keytool } = value as Record<string, unknown>;
  if (keytool === undefined) return files;
  return { ...files, keytool: parseFilePath(keytool, `${property}.keytool`, "/usr/bin/keytool") };
}

export async function assertKeytool(host: Host, { keytool }: KeytoolSpec): Promise<void> {
  if (keytool === undefined) return;
  const command: Command = { command: [keytool], environment: {}, timeout };
  await assertRunnable(host, command, "target.keytool");
}

/** Has the Java of the host open every PKCS#12 file of a revision. Passwords go through the standard input. */
export async function openWithKeytool(spec: KeytoolSpec, staged: Revision, context: TargetContext): Promise<void> {
  const { host, instance } = context;
  if (spec.keytool === undefined) return;
  const directory = revisionDirectory(openStore(host, instance, spec.directory), staged.id);
  for (const { name, content } of spec.files) await open(host, spec.keytool, join(directory, name), content);
}

async function open(host: Host, keytool: string, path: string, content: FileSpec["content"]): Promise<void> {
  if (typeof content !== "object" || !("kind" in content)) return;
  const { password } = content;
  // A refresh and a deletion open nothing; a run has every password.
  if (password === undefined && content.kind === "pkcs12") return;
  const entry = content.kind === "pkcs12" ? ["-alias", content.alias] : [];
  const command = [keytool, "-list", "-keystore", path, "-storetype", "PKCS12", ...entry];
  const options = { timeout, secrets: password === undefined ? [] : [password] };
  const result = await host.run(command, { ...options, input: `${password ?? ""}\n` });
  const failure = failureOf(command, result, options);
  if (failure !== undefined)
    throw new CertificatesError("TargetRefused", failure, {
      hint: 'Java before 8u301, 11.0.12 and 12 needs encryption: "legacy".',
    });
  if (content.kind !== "pkcs12" && !result.stdout.includes("trustedCertEntry"))
    throw new CertificatesError("TargetRefused", `${keytool} finds no root in ${path} on ${host.name}.`, {
      hint: "Use a supported release of Java.",
    });
}
