import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Refusable } from "./fixture";

/** Commands in a folder that can be made to fail, and a count of the reloads. */
export class TestCommands {
  readonly log: string;

  constructor(private readonly folder: string) {
    this.log = join(folder, "reloads");
  }

  /** A line of a shell script that fails while the command is refused. */
  refusal(name: Refusable): string {
    return `if [ -e '${this.folder}/refuse-${name}' ]; then echo ${name} says no >&2; exit 7; fi`;
  }

  /** A shell script, as a command. */
  script(name: string, ...lines: readonly string[]): string[] {
    const path = join(this.folder, name);
    writeFileSync(path, ["#!/bin/sh", "set -e", ...lines, ""].join("\n"), { mode: 0o755 });
    return [path];
  }

  refuse(command: Refusable | undefined): void {
    for (const name of ["checkStaged", "check", "reload"]) rmSync(join(this.folder, `refuse-${name}`), { force: true });
    if (command !== undefined) writeFileSync(join(this.folder, `refuse-${command}`), "");
  }

  /** The reloads that were logged, a line each. */
  reloads(): number {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n").length : 0;
  }
}
