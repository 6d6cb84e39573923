import type { Input } from "@pulumi/pulumi";
import { isAbsolute } from "node:path";
import { parseDuration } from "../duration";
import { CertificatesError, invalidArgument } from "../errors";
import { failureOf } from "../net/command";
import type { Host } from "./hosts/host";

/** A program that a target runs: its absolute path and its arguments, or the same with more to say about it. */
export type CommandArgs = Input<Input<string>[]> | DetailedCommandArgs;

export interface DetailedCommandArgs {
  /** The program's absolute path and its arguments. No shell is involved. */
  readonly command: Input<Input<string>[]>;
  /**
   * The variables it gets besides PATH, LANG, CERTIFICATE_DIRECTORY and CERTIFICATE_FINGERPRINT. Nothing is inherited
   * from Pulumi's environment.
   * @default none
   */
  readonly environment?: Input<Record<string, Input<string>>>;
  /**
   * A duration such as `30s` after which the command and all that it started is ended; that is a failure.
   * @default 60s
   */
  readonly timeout?: Input<string>;
}

export interface Command {
  readonly command: readonly string[];
  /** How messages show it. @default the command */
  readonly shownAs?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: number;
}

const known = new Set(["command", "environment", "timeout"]);

export function parseCommand(value: unknown, property: string): Command {
  if (Array.isArray(value)) return { command: parseArguments(value, property), environment: {}, timeout: 60_000 };
  const fix = 'Give the program\'s absolute path and its arguments: ["/usr/sbin/nginx", "-t"].';
  if (typeof value !== "object" || value === null)
    throw invalidArgument(property, `${shown(value)} is no command.`, fix);
  for (const key of Object.keys(value)) {
    if (!known.has(key))
      throw invalidArgument(`${property}.${key}`, "unknown property.", `A command has ${[...known].join(", ")}.`);
  }
  const { command, environment = {}, timeout = "60s" } = value as Record<string, unknown>;
  if (!Array.isArray(command)) throw invalidArgument(`${property}.command`, `${shown(command)} is no command.`, fix);
  return {
    command: parseArguments(command, `${property}.command`),
    environment: parseEnvironment(environment, `${property}.environment`),
    timeout: parseDuration(timeout, `${property}.timeout`),
  };
}

function parseArguments(values: readonly unknown[], property: string): string[] {
  const [program] = values;
  if (typeof program !== "string" || !isAbsolute(program)) {
    const problem = `${shown(program)} is no absolute path of a program.`;
    throw invalidArgument(
      property,
      problem,
      "Write it out, as in /usr/sbin/nginx; there is no shell and no search path.",
    );
  }
  return values.map((value, index) => {
    if (typeof value === "string" && !value.includes("\0")) return value;
    throw invalidArgument(`${property}[${index}]`, "is no text.", "Every argument of a command is a text.");
  });
}

function parseEnvironment(value: unknown, property: string): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(property, `${shown(value)} is no set of variables.`, 'Give { NAME: "value" }.');
  }
  for (const [name, text] of Object.entries(value)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw invalidArgument(property, `"${name}" is no name of a variable.`, "Use letters, digits and _.");
    if (typeof text !== "string" || text.includes("\0"))
      throw invalidArgument(`${property}.${name}`, "is no text.", "Every variable is a text.");
  }
  return value as Record<string, string>;
}

/** Throws if the program is not there. */
export async function assertRunnable(host: Host, command: Command | undefined, property: string): Promise<void> {
  const program = command?.command[0];
  const obstacle = program === undefined ? undefined : await host.runObstacle(program);
  if (obstacle === undefined) return;
  throw invalidArgument(
    property,
    `${program} cannot be run on ${host.name}: ${obstacle}.`,
    "Install it, or correct the path.",
  );
}

/**
 * Runs a target's command with what it may want to know; a failure is thrown with the end of its output. `variables` are
 * those that are no secrets.
 */
export async function runFor(
  host: Host,
  command: Command,
  revision: { directory: string; fingerprintSha256?: string },
  code: "TargetRefused" | "DeploymentFailed",
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const environment = {
    ...command.environment,
    ...variables,
    CERTIFICATE_DIRECTORY: revision.directory,
    CERTIFICATE_FINGERPRINT: revision.fingerprintSha256 ?? "",
  };
  const options = { environment, timeout: command.timeout, secrets: Object.values(command.environment) };
  const failure = failureOf(command.shownAs ?? command.command, await host.run(command.command, options), options);
  if (failure !== undefined) throw new CertificatesError(code, failure);
}

/** A command as people would type it. */
export function shownCommand({ command, shownAs = command }: Command): string {
  return shownAs.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
