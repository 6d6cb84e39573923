import { CertificatesError } from "../../errors";
import { type CommandOptions, type CommandResult, failureOf } from "../../net/command";
import type { Changes, Entry, Host, Identity, Ownership } from "./host";
import { type RemoteResult, type RemoteScript, remotePath } from "./remoteShell";
import { quote, quoteAll } from "./shell";
import type { SshConnection } from "./sshConnection";
import { StatBatch } from "./statBatch";
import { bySudo, sudoFix } from "./sudo";

const largestFile = 4 * 1024 * 1024;
/** So much of the outputs of a command, in bytes. */
const mostShown = 64 * 1024;
/** So many outputs of commands are removed together. */
const mostOutputs = 100;
/** Exit codes of the scripts below, beyond those that their programs have. */
const absent = 44;
const unfit = 45;

/** A link counts as something that stands there, wherever it leads. */
const isThere = (at: string): string => `{ [ -e ${at} ] || [ -L ${at} ]; }`;
/** What stays the same on a host for the length of a run, as far as it was asked for. */
class Known {
  identity: Promise<Identity> | undefined;
  readonly accounts = new Map<string, Promise<string[] | undefined>>();
  /** How many commands it has run. */
  commands = 0;
}

/**
 * A Linux machine that is reached over SSH: every step is a small script of its POSIX shell. Steps are sent as they are
 * asked for and made one after the other.
 */
export class SshHost implements Host {
  readonly name: string;
  private readonly stats: StatBatch;

  constructor(
    private readonly connection: SshConnection,
    private readonly known = new Known(),
    /** Of steps that are made only if those before them succeeded. */
    private readonly sequence?: number,
  ) {
    this.name = connection.spec.name;
    this.stats = new StatBatch((script) => this.connection.run({ script }));
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  inOrder(): Changes {
    return new SshHost(this.connection, this.known, this.connection.beginSequence());
  }

  identity(): Promise<Identity> {
    return (this.known.identity ??= this.told("the user", "id -u; id -g; id -G").then((lines) => {
      const [uid, gid, groups = ""] = lines.split("\n");
      return { uid: Number(uid), gid: Number(gid), groups: groups.split(" ").map(Number) };
    }));
  }

  async lookupUser(name: string): Promise<Ownership | undefined> {
    const fields = await this.account("passwd", name);
    return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
  }

  async lookupGroup(name: string): Promise<number | undefined> {
    const fields = await this.account("group", name);
    return fields && Number(fields[2]);
  }

  stat(at: string): Promise<Entry | undefined> {
    return this.stats.stat(at);
  }

  async realPath(at: string): Promise<string | undefined> {
    const p = quote(at);
    const { code, stdout } = await this.send({ script: `[ -e ${p} ] && readlink -f -- ${p}` });
    return code === 0 ? stdout.replace(/\n$/, "") : undefined;
  }

  async read(at: string): Promise<Buffer | undefined> {
    const p = quote(at);
    const script = `if [ -L ${p} ] || ! [ -f ${p} ]; then (exit ${unfit}); else head -c ${largestFile + 1} -- ${p}; fi`;
    const found = await this.ifThere(at, "read", script);
    if (found?.code === unfit || (found?.bytes.length ?? 0) > largestFile) {
      const why = "no regular file, or over 4 MiB";
      throw new CertificatesError("DeploymentFailed", `${this.place(at)} is no file of a certificate: ${why}.`);
    }
    return found?.bytes;
  }

  async list(at: string): Promise<string[]> {
    const p = quote(at);
    // The shell itself lists what it may; `ls` says why it may not.
    const all = `for name in ${p}/* ${p}/.[!.]* ${p}/..?*; do`;
    const names = `${all} if ${isThere('"$name"')}; then printf '%s\\n' "\${name##*/}"; fi; done`;
    const script = `if [ -d ${p} ] && [ -r ${p} ] && [ -x ${p} ]; then ${names}; else ls -1A -- ${p}; fi`;
    const found = await this.ifThere(at, "listed", script);
    return (found?.stdout ?? "").split("\n").filter(Boolean).sort();
  }

  async writeObstacle(at: string): Promise<string | undefined> {
    const p = quote(at);
    const { code } = await this.send({ script: `[ -w ${p} ] && [ -x ${p} ]` });
    return code === 0 ? undefined : `permission denied for ${this.connection.spec.user}`;
  }

  async runObstacle(program: string): Promise<string | undefined> {
    const p = quote(program);
    const script = `if [ -e ${p} ]; then [ -f ${p} ] && [ -x ${p} ]; else (exit ${absent}); fi`;
    const { code } = await this.send({ script });
    if (code === 0) return undefined;
    return code === absent ? "it does not exist (ENOENT)" : "it cannot be run (EACCES)";
  }

  async makeDirectory(at: string, mode: number): Promise<boolean> {
    const p = quote(at);
    const script = `mkdir -m ${octal(mode)} -- ${p} || { ${isThere(p)} && (exit ${absent}); }`;
    return (await this.done(at, "created", { script, expected: [absent] })).code === 0;
  }

  async writeFile(at: string, content: Uint8Array, mode: number, owner?: Ownership): Promise<void> {
    const p = quote(at);
    const own = owner === undefined ? "" : `chown ${owner.uid}:${owner.gid} -- ${p} && `;
    // With -C the shell opens with O_EXCL: what stands there already is an error, and no link is followed.
    const script = `(set -C; cat >${p}) && ${own}chmod ${octal(mode)} -- ${p} && sync -- ${p}`;
    await this.done(at, "written", { script, input: content });
  }

  async makeLink(at: string, leadsTo: string): Promise<void> {
    const p = quote(at);
    const script = `if ${isThere(p)}; then echo "File exists" >&2; false; else ln -s -n -- ${quote(leadsTo)} ${p}; fi`;
    await this.done(at, "created", { script });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.done(from, "renamed", { script: `mv -f -T -- ${quote(from)} ${quote(to)}` });
  }

  async syncDirectory(at: string): Promise<void> {
    await this.done(at, "made durable", { script: `sync -- ${quote(at)}` });
  }

  async removeFile(at: string): Promise<void> {
    await this.done(at, "removed", { script: `rm -f -- ${quote(at)}` });
  }

  async removeTree(at: string): Promise<void> {
    await this.done(at, "removed", { script: `rm -rf -- ${quote(at)}` });
  }

  async removeEmptyDirectory(at: string): Promise<void> {
    const p = quote(at);
    await this.done(at, "removed", { script: `[ ! -d ${p} ] || [ -n "$(ls -A -- ${p})" ] || rmdir -- ${p}` });
  }

  /** By `timeout` of the host: closing a connection does not end what runs there. */
  async run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { environment = {}, timeout = 60_000, input, signal, secrets = [], keptOutput = mostShown } = options;
    const exports = Object.entries({ PATH: remotePath, LANG: "C.UTF-8", ...environment });
    const seconds = Math.ceil(timeout / 1_000);
    const { spec } = this.connection;
    // A server that it starts may keep its outputs open: they are files, for which nobody waits.
    const count = ++this.known.commands;
    const [out, err] = [`"$outputs/${count}.out"`, `"$outputs/${count}.err"`];
    const script = [
      `(: "\${outputs:?there is no room for temporary files}"; umask "$given_umask"; unset LC_ALL`,
      ...(count % mostOutputs === 0 ? ['rm -f "${outputs:?}"/*'] : []),
      `export ${exports.map(([name, value]) => `${name}=${quote(value)}`).join(" ")}`,
      `timeout -k 2 ${seconds} ${quoteAll([...bySudo(spec), ...command])} >${out} 2>${err}; code=$?`,
      `[ ! -s ${out} ] || tail -c ${keptOutput} ${out}; [ ! -s ${err} ] || tail -c ${mostShown} ${err} >&2`,
      `: >${out}; : >${err}; exit $code)`,
    ].join("\n");
    const result = await this.send({
      script,
      timeout: timeout + 10_000,
      signal,
      secrets,
      ...(input !== undefined && { input }),
    });
    // What `timeout` returns when it had to end the command.
    if (result.code === 124) return { ...result, timedOut: true };
    return { ...result, output: [result.output, sudoFix(spec, command, result)].filter(Boolean).join("\n") };
  }

  /** One that is there stays there. */
  private async account(database: "passwd" | "group", name: string): Promise<string[] | undefined> {
    const key = `${database} ${name}`;
    const asked = this.known.accounts.get(key) ?? this.askAccount(database, name);
    this.known.accounts.set(key, asked);
    const fields = await asked;
    if (fields === undefined) this.known.accounts.delete(key);
    return fields;
  }

  private async askAccount(database: "passwd" | "group", name: string): Promise<string[] | undefined> {
    const { code, stdout } = await this.send({ script: `getent ${database} -- ${quote(name)}` });
    return code === 0 ? stdout.trim().split(":") : undefined;
  }

  /** The output of a script that cannot fail on a Linux machine. */
  private async told(what: string, script: string): Promise<string> {
    const result = await this.send({ script });
    if (result.code === 0) return result.stdout.trim();
    throw new CertificatesError("DeploymentFailed", `${what} of ${this.name} could not be found out: ${result.output}`);
  }

  /** Undefined where nothing stands at the path. */
  private async ifThere(at: string, what: string, script: string): Promise<RemoteResult | undefined> {
    const whole = `if ${isThere(quote(at))}; then ${script}; else (exit ${absent}); fi`;
    const result = await this.done(at, what, { script: whole, expected: [absent, unfit] });
    return result.code === absent ? undefined : result;
  }

  private async done(at: string, what: string, script: RemoteScript): Promise<RemoteResult> {
    const result = await this.send(script);
    if (result.code === 0 || (script.expected ?? []).includes(result.code ?? -1)) return result;
    const reason = failureOf(["sh"], result)?.replace(/^`sh` /, "") ?? "";
    const said =
      result.output === ""
        ? reason
        : (result.output.split("\n").at(-1) ?? "").replace(/^.*?: (?:(?:line )?\d+: )?/, "");
    throw new CertificatesError("DeploymentFailed", `${this.place(at)} cannot be ${what}: ${said}.`, {
      retryable: /no space|quota|busy/i.test(said),
      ...(/permission denied|not permitted/i.test(said) && { hint: this.ownerHint() }),
    });
  }

  /** What was asked for before comes first. */
  private send(script: RemoteScript): Promise<RemoteResult> {
    this.stats.send();
    return this.connection.run({ ...script, ...(this.sequence !== undefined && { sequence: this.sequence }) });
  }

  private ownerHint(): string {
    const { user, sudo } = this.connection.spec;
    return `${user} writes the files itself${sudo ? ", not by sudo" : ""}: let it own the directory (chown).`;
  }

  private place(at: string): string {
    return `${at} on ${this.name}`;
  }
}

function octal(mode: number): string {
  return mode.toString(8);
}
