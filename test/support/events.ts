/** What the engine says of one resource in its output. */
export interface EventLine {
  /** "same" when the line has no mark. */
  readonly op: string;
  readonly type: string;
  readonly name: string;
  /** The names in `[diff: …]`, with their mark: `~renewal`. */
  readonly diff: string[];
  /** The rest of the line: `update [diff: ~renewal]`, `created (0.01s)`. */
  readonly status: string;
}

const operations: Record<string, string> = {
  "+": "create",
  "-": "delete",
  "~": "update",
  "+-": "replace",
  "++": "create-replacement",
  "--": "delete-replaced",
  ">": "read",
  "<": "refresh",
  "=": "import",
};

const stackType = "pulumi:pulumi:Stack";
const line = /^ {0,3}(\S{0,2}) {1,4}([\w-]+:[\w./-]+:\w+) (\S+)(?: (.*))?$/;

/**
 * The resources in the output of a preview, up, refresh or destroy, in the order in which they first appear, each as
 * its last line shows it: `~ pulumi-nodejs:dynamic/certificates:Certificate web update [diff: ~renewal]`.
 */
export function eventLines(output: string): EventLine[] {
  const found = new Map<string, EventLine>();
  for (const text of output.split("\n")) {
    const match = line.exec(text.trimEnd());
    if (!match) continue;
    const [, mark = "", type = "", name = "", status = ""] = match;
    const diff = /\[diff: ([^\]]*)\]/.exec(status)?.[1]?.split(",") ?? [];
    const key = `${type} ${name}`;
    const previous = found.get(key);
    // The stack's last line never has a mark; that of a refreshed resource has none when nothing was different.
    const unmarked = type === stackType ? (previous?.op ?? "same") : "same";
    const op = mark === "" ? unmarked : (operations[mark] ?? mark);
    found.set(key, { op, type, name, diff: diff.length > 0 ? diff : (previous?.diff ?? []), status });
  }
  return [...found.values()];
}

/** The event lines of what is not unchanged, without the stack itself. */
export function changedLines(output: string): EventLine[] {
  return eventLines(output).filter((event) => event.op !== "same" && event.type !== stackType);
}

/** The counts under `Resources:`, such as `{ update: 1, unchanged: 4 }`; of the last operation if there are several. */
export function resourceCounts(output: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const block = output.split(/^Resources:$/m).at(-1) ?? "";
  const verbs: Record<string, string> = {
    created: "create",
    updated: "update",
    deleted: "delete",
    replaced: "replace",
  };
  for (const [, count = "", verb = ""] of block.matchAll(/^ +\S{0,2} ?(\d+) (?:to )?(\w+)/gm)) {
    counts[verbs[verb] ?? verb] = Number(count);
  }
  return counts;
}

/** The lines under `Diagnostics:` of one resource, by its name. */
export function diagnosticsOf(output: string, name: string): string[] {
  const lines: string[] = [];
  let current: string | undefined;
  for (const text of output.split("\n")) {
    const heading = /^ {2}[\w-]+:[\w./-]+:\w+ \((.*)\):$/.exec(text);
    if (heading) current = heading[1];
    else if (text !== "" && !text.startsWith("    ")) current = undefined;
    else if (current === name && text.trim() !== "") lines.push(text.trim());
  }
  return lines;
}
