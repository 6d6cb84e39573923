import { access, constants } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CertificatesError, messageOf } from "../errors";
import { failureOf, runCommand } from "../net/command";
import { type ExecSpec, acmeShName } from "./exec";
import type { SolverContext } from "./solver";

export interface ExecCall {
  readonly command: readonly string[];
  /** How messages show it. @default the command */
  readonly shownAs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a script; returns what it wrote to its standard output. Throws if it failed. */
export async function runScript(spec: ExecSpec, call: ExecCall, context: SolverContext): Promise<string> {
  const { timeout } = spec;
  const secrets = Object.values(spec.environment);
  const environment = { ...spec.environment, ...call.environment };
  const options = { environment, timeout, secrets, signal: context.signal };
  try {
    const result = await runCommand(call.command, options);
    context.signal.throwIfAborted();
    const failure = failureOf(call.shownAs ?? call.command, result, options);
    if (failure === undefined) return result.stdout;
    throw new CertificatesError("IssuanceFailed", failure, { retryable: true });
  } catch (error) {
    context.signal.throwIfAborted();
    if (CertificatesError.is(error) && error.code === "IssuanceFailed") throw error;
    throw new CertificatesError("IssuanceFailed", messageOf(error), { cause: error });
  }
}

/** Throws if one of the programs is not there or may not be run. */
export async function assertPrograms(spec: ExecSpec): Promise<void> {
  for (const command of [spec.command, ...(spec.cleanup === undefined ? [] : [spec.cleanup])]) {
    const [program = ""] = command;
    // A script of acme.sh is read by a shell.
    const mode = spec.style === "acme.sh" && command.length === 1 ? constants.R_OK : constants.X_OK;
    try {
      await access(program, mode);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CertificatesError("IssuanceFailed", `${program} cannot be run: ${code ?? messageOf(error)}.`, {
        hint: "Install it on the machine on which Pulumi runs, make it executable, or correct the path.",
        cause: error,
      });
    }
  }
}

/**
 * Reads acme.sh, where it is given, and the script, then calls one function. Sourced without arguments acme.sh shows
 * its help and returns.
 */
const acmeShRunner = `
_pulumi_call=$1 _pulumi_name=$2 _pulumi_value=$3 _pulumi_script=$4 _pulumi_base=$5
set --
if [ -n "$_pulumi_base" ]; then
  . "$_pulumi_base" >/dev/null || exit 1
  _initpath || exit 1
fi
. "$_pulumi_script" || exit 1
"$_pulumi_call" "$_pulumi_name" "$_pulumi_value"
`;

/** The call of a function in a script for acme.sh, whose own functions are there if it is installed beside it. */
export async function acmeShCall(
  { command }: ExecSpec,
  action: "add" | "rm",
  name: string,
  value: string,
): Promise<ExecCall> {
  const script = command[command.length - 1] ?? "";
  const shell = command.length > 1 ? (command[0] ?? "") : "/bin/sh";
  const folder = dirname(dirname(script));
  const base = await access(join(folder, "acme.sh"), constants.R_OK).then(
    () => join(folder, "acme.sh"),
    () => "", // a script that stands alone needs nothing of acme.sh
  );
  const called = `${acmeShName(command) ?? ""}_${action}`;
  return {
    command: [shell, "-c", acmeShRunner, "acme.sh", called, name, value, script, base],
    shownAs: [script, called, name, value],
    ...(base !== "" && { environment: { LE_WORKING_DIR: folder } }),
  };
}
