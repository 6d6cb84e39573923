import { CertificatesError } from "../../errors";
import type { Entry } from "./host";
import type { RemoteResult } from "./remoteShell";
import { quoteAll } from "./shell";

const kinds: Readonly<Record<string, Entry["type"]>> = {
  "regular file": "file",
  "regular empty file": "file",
  directory: "directory",
  "symbolic link": "link",
};

/** Ends what is said of one path: no path has it. */
const end = "\x1e";

interface Asked {
  readonly path: string;
  resolve(entry: Entry | undefined): void;
  reject(error: unknown): void;
}

/** Paths that are looked at together, by one program of the host: those that are asked for at the same moment. */
export class StatBatch {
  private asked: Asked[] = [];

  constructor(private readonly run: (script: string) => Promise<RemoteResult>) {}

  stat(path: string): Promise<Entry | undefined> {
    return new Promise((resolve, reject) => {
      if (this.asked.length === 0) setImmediate(() => this.send());
      this.asked.push({ path, resolve, reject });
    });
  }

  /** Looks now, so that what comes next finds it done. */
  send(): void {
    const { asked } = this;
    this.asked = [];
    if (asked.length > 0) void this.ask(asked);
  }

  private async ask(asked: readonly Asked[]): Promise<void> {
    try {
      const entries = entriesIn(await this.run(scriptFor(asked.map(({ path }) => path))), asked);
      for (const [index, { resolve }] of asked.entries()) resolve(entries[index]);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}

/** Says which of them are there, a digit for each, and then what those are. */
function scriptFor(paths: readonly string[]): string {
  return `set -- ${quoteAll(paths)}; there=
for p do shift
  if [ -e "$p" ] || [ -L "$p" ]; then there=\${there}1; set -- "$@" "$p"; else there=\${there}0; fi
done
echo "$there"; [ $# = 0 ] || QUOTING_STYLE=literal stat -c '%a|%u|%g|%F|%N${end}' -- "$@"`;
}

function entriesIn({ code, stdout, output }: RemoteResult, asked: readonly Asked[]): (Entry | undefined)[] {
  const [there = ""] = stdout.split("\n", 1);
  const lines = stdout.slice(there.length + 1).split(`${end}\n`);
  const found = [...there].filter((digit) => digit === "1").length;
  if (code !== 0 || there.length !== asked.length || lines.length !== found + 1) {
    const paths = asked.map(({ path }) => path).join(", ");
    throw new CertificatesError("DeploymentFailed", `${paths} cannot be examined: ${output}.`, { retryable: true });
  }
  const next = lines.values();
  return asked.map(({ path }, index) =>
    there[index] === "1" ? entryOf(next.next().value as string, path) : undefined,
  );
}

function entryOf(line: string, path: string): Entry {
  const [, mode = "", uid, gid, kind = "", name = ""] = /^(\d+)\|(\d+)\|(\d+)\|([^|]*)\|([^]*)$/.exec(line) ?? [];
  const entry = { type: kinds[kind] ?? "other", mode: parseInt(mode, 8), uid: Number(uid), gid: Number(gid) };
  return entry.type === "link" ? { ...entry, link: linkIn(name, path) } : entry;
}

/** `path -> target`, or each of both in quotes, as BusyBox writes it. */
function linkIn(name: string, path: string): string {
  const bare = `${path} -> `;
  return name.startsWith(bare) ? name.slice(bare.length) : name.slice(path.length + 7, -1);
}
