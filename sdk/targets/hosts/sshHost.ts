import { CertificatesError } from "../../errors";
import { type CommandOptions, type CommandResult, failureOf } from "../../net/command";
import type { Entry, Host, Identity, Ownership } from "./host";
import { quote, quoteAll } from "./shell";
import type { RemoteScript, SshConnection } from "./sshConnection";

const largestFile = 4 * 1024 * 1024;
/** So much of the outputs of a command, in bytes. */
const mostShown = 64 * 1024;
/** Exit codes of the scripts below, beyond those that their programs have. */
const absent = 44;
const unfit = 45;

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** A link counts as something that stands there, wherever it leads. */
const isThere = (at: string): string => `{ [ -e ${at} ] || [ -L ${at} ]; }`;
const kinds: Readonly<Record<string, Entry["type"]>> = {
  "regular file": "file",
  "regular empty file": "file",
  directory: "directory",
  "symbolic link": "link",
};

/** A Linux machine that is reached over SSH: every step is a small script of its POSIX shell. */
export class SshHost implements Host {
  readonly name: string;
  private who: Promise<Identity> | undefined;

  constructor(private readonly connection: SshConnection) {
    this.name = connection.spec.name;
  }

  identity(): Promise<Identity> {
    return (this.who ??= this.told("the user", "id -u; id -g; id -G").then((lines) => {
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

  async stat(at: string): Promise<Entry | undefined> {
    const p = quote(at);
    const found = await this.ifThere(at, "examined", `stat -c '%a|%u|%g|%F' -- ${p}; readlink -- ${p} || :`);
    if (found === undefined) return undefined;
    const [line = "", ...link] = found.stdout.replace(/\n$/, "").split("\n");
    const [mode = "", uid, gid, kind = ""] = line.split("|");
    const entry = { type: kinds[kind] ?? "other", mode: parseInt(mode, 8), uid: Number(uid), gid: Number(gid) };
    return entry.type === "link" ? { ...entry, link: link.join("\n") } : entry;
  }

  async realPath(at: string): Promise<string | undefined> {
    const p = quote(at);
    const { code, stdout } = await this.connection.run({ script: `[ -e ${p} ] && readlink -f -- ${p}` });
    return code === 0 ? stdout.replace(/\n$/, "") : undefined;
  }

  async read(at: string): Promise<Buffer | undefined> {
    const p = quote(at);
    const size = `[ "$(stat -c %s -- ${p})" -le ${largestFile} ]`;
    const found = await this.ifThere(
      at,
      "read",
      `[ -f ${p} ] && [ ! -L ${p} ] && ${size} || exit ${unfit}; base64 <${p}`,
    );
    if (found?.code === unfit) {
      const why = "no regular file, or over 4 MiB";
      throw new CertificatesError("DeploymentFailed", `${this.place(at)} is no file of a certificate: ${why}.`);
    }
    return found && Buffer.from(found.stdout, "base64");
  }

  async list(at: string): Promise<string[]> {
    const found = await this.ifThere(at, "listed", `ls -1A -- ${quote(at)}`);
    return (found?.stdout ?? "").split("\n").filter(Boolean).sort();
  }

  async writeObstacle(at: string): Promise<string | undefined> {
    const p = quote(at);
    const { code } = await this.connection.run({ script: `[ -w ${p} ] && [ -x ${p} ]` });
    return code === 0 ? undefined : `permission denied for ${this.connection.spec.user}`;
  }

  async runObstacle(program: string): Promise<string | undefined> {
    const p = quote(program);
    const { code } = await this.connection.run({ script: `[ -e ${p} ] || exit ${absent}; [ -f ${p} ] && [ -x ${p} ]` });
    if (code === 0) return undefined;
    return code === absent ? "it does not exist (ENOENT)" : "it cannot be run (EACCES)";
  }

  async makeDirectory(at: string, mode: number): Promise<boolean> {
    const p = quote(at);
    const script = `mkdir -m 700 -- ${p} || { ${isThere(p)} && exit ${absent}; exit 1; }; chmod ${octal(mode)} -- ${p}`;
    return (await this.done(at, "created", { script }, [absent])).code === 0;
  }

  async writeFile(at: string, content: Uint8Array, mode: number, owner?: Ownership): Promise<void> {
    const p = quote(at);
    const own = owner === undefined ? "" : `chown ${owner.uid}:${owner.gid} -- ${p} && `;
    // With -C the shell opens with O_EXCL: what stands there already is an error, and no link is followed.
    const script = `umask 077; set -C; cat >${p} && ${own}chmod ${octal(mode)} -- ${p} && sync -- ${p}`;
    await this.done(at, "written", { script, input: content });
  }

  async makeLink(at: string, leadsTo: string): Promise<void> {
    const p = quote(at);
    const script = `${isThere(p)} && { echo "File exists" >&2; exit 1; }; ln -s -n -- ${quote(leadsTo)} ${p}`;
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
    const { environment = {}, timeout = 60_000, input, signal, secrets = [] } = options;
    const exports = Object.entries({ PATH: path, LANG: "C.UTF-8", ...environment });
    const seconds = Math.ceil(timeout / 1_000);
    const sudo = this.connection.spec.sudo ? ["sudo", "-n", "--"] : [];
    // A server that it starts may keep its outputs open: they are files, for which nobody waits.
    const script = [
      `umask 077; o=$(mktemp -d) && trap 'rm -rf "$o"' EXIT && cd / || exit 1`,
      `export ${exports.map(([name, value]) => `${name}=${quote(value)}`).join(" ")}`,
      `timeout -k 2 ${seconds} ${quoteAll([...sudo, ...command])} >"$o/out" 2>"$o/err"; code=$?`,
      `tail -c ${mostShown} "$o/out"; tail -c ${mostShown} "$o/err" >&2; exit $code`,
    ].join("\n");
    const result = await this.connection.run({
      script,
      timeout: timeout + 10_000,
      signal,
      secrets,
      ...(input !== undefined && { input }),
    });
    // What `timeout` returns when it had to end the command.
    return result.code === 124 ? { ...result, timedOut: true } : result;
  }

  private async account(database: "passwd" | "group", name: string): Promise<string[] | undefined> {
    const { code, stdout } = await this.connection.run({ script: `getent ${database} -- ${quote(name)}` });
    return code === 0 ? stdout.trim().split(":") : undefined;
  }

  /** The output of a script that cannot fail on a Linux machine. */
  private async told(what: string, script: string): Promise<string> {
    const result = await this.connection.run({ script });
    if (result.code === 0) return result.stdout.trim();
    throw new CertificatesError("DeploymentFailed", `${what} of ${this.name} could not be found out: ${result.output}`);
  }

  /** Undefined where nothing stands at the path. */
  private async ifThere(at: string, what: string, script: string): Promise<CommandResult | undefined> {
    const whole = `${isThere(quote(at))} || exit ${absent}\n${script}`;
    const result = await this.done(at, what, { script: whole }, [absent, unfit]);
    return result.code === absent ? undefined : result;
  }

  private async done(
    at: string,
    what: string,
    script: RemoteScript,
    also: readonly number[] = [],
  ): Promise<CommandResult> {
    const result = await this.connection.run({ ...script, script: `export LC_ALL=C PATH=${path}\n${script.script}` });
    if (result.code === 0 || also.includes(result.code ?? -1)) return result;
    const reason = failureOf(["sh"], result)?.replace(/^`sh` /, "") ?? "";
    const said = result.output === "" ? reason : (result.output.split("\n").at(-1) ?? "").replace(/^.*?: /, "");
    throw new CertificatesError("DeploymentFailed", `${this.place(at)} cannot be ${what}: ${said}.`, {
      retryable: /no space|quota|busy/i.test(said),
    });
  }

  private place(at: string): string {
    return `${at} on ${this.name}`;
  }
}

function octal(mode: number): string {
  return mode.toString(8);
}
