import type { CommandResult } from "../../net/command";
import { quote } from "./shell";

/** A script for the shell of a host. It runs in that shell itself: what ends or changes it is in a subshell. */
export interface RemoteScript {
  readonly script: string;
  readonly input?: string | Uint8Array;
  /** Milliseconds, from the end of the scripts before it. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  readonly secrets?: readonly string[];
  /** Exit codes besides 0 that are no failures. */
  readonly expected?: readonly number[];
  /** Runs only if every script of this sequence before it succeeded; its code is `skipped` if not. */
  readonly sequence?: number;
}

/** What became of a script. */
export interface RemoteResult extends CommandResult {
  readonly bytes: Buffer;
}

/** The exit code of a script that was not run, as one before it failed. */
export const skipped = 46;

/** The folders in which programs of a host are looked for. */
export const remotePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * How the shell there begins: it reads scripts from its standard input, so that no list of processes shows them, and
 * ends each answer with a mark. What commands write is in memory where there is some, since the disk may be full.
 */
export function beginning(mark: string): string {
  return `answer() { printf '\\n%s %s\\n' ${mark} "$1"; printf '\\n%s\\n' ${mark} >&2; }
given_umask=$(umask); umask 077; cd /
export LC_ALL=C PATH=${remotePath}
outputs=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) && trap 'rm -rf "$outputs"' EXIT
answer 0
`;
}

/** A script as the shell there reads it, with its input, which `printf` of the shell shows to nobody. */
export function framed({ script, input, sequence, expected = [] }: RemoteScript): string {
  const body = `{ ${script}\n}`;
  const whole =
    input === undefined || input.length === 0 ? `${body} </dev/null` : `${written(Buffer.from(input))} | ${body}`;
  if (sequence === undefined) return `${whole}; answer $?\n`;
  const failure = `failed_${sequence}`;
  const codes = [0, ...expected].join("|");
  return `if [ "\${${failure}-}" ]; then answer ${skipped}; else ${whole}; code=$?
case $code in ${codes}) ;; *) ${failure}=1;; esac; answer $code; fi
`;
}

/** What writes an input: the shell itself where that is plain text. */
function written(input: Buffer): string {
  const text = input.toString("latin1");
  if (/^[\t\n\r -~]*$/.test(text)) return `printf %s ${quote(text)}`;
  return `printf %s ${input.toString("base64")} | base64 -d`;
}
