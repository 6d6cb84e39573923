import type { Input } from "@pulumi/pulumi";
import { isAbsolute } from "node:path";
import { parseDuration } from "../duration";
import { invalidArgument } from "../errors";
import { propertiesOf, shown } from "./description";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";

const styles = ["lego", "certbot", "acme.sh"] as const;

/** How a script is told what to do. */
export type ExecStyle = (typeof styles)[number];

/** Arguments of `exec`. Those about DNS servers are for `dns01` only. */
export interface ExecArgs extends DnsArgs {
  /**
   * How the script is told what to do. Changing it takes effect with the next order.
   * - `lego`, for dns01: `command… present|cleanup _acme-challenge.example.com. value`.
   * - `certbot`, for dns01 and http01: `command` finds CERTBOT_DOMAIN, CERTBOT_VALIDATION, for http01 CERTBOT_TOKEN in
   *   its environment; so does `cleanup`, with what the former wrote to its standard output in CERTBOT_AUTH_OUTPUT.
   * - `acme.sh`, for dns01: a script of its `dnsapi` folder, whose functions `dns_…_add` and `dns_…_rm` are called
   *   with the name and the value.
   */
  readonly style: Input<ExecStyle>;
  /**
   * The program's absolute path and its arguments; no shell is involved, except that `acme.sh` scripts are read by
   * /bin/sh or by the program named before the script. It must end with the exit code 0. Changing it takes effect with
   * the next order.
   */
  readonly command: Input<Input<string>[]>;
  /**
   * For the style `certbot`: what removes the answer, in the same form. Changing it takes effect with the next order.
   * @default nothing is run
   */
  readonly cleanup?: Input<Input<string>[]>;
  /**
   * A write-only secret: the variables that the script gets besides PATH, LANG and those of its style, such as the
   * credentials of a DNS service. Nothing else is inherited from Pulumi's environment. Changing it takes effect with
   * the next order.
   * @default none
   */
  readonly environment?: Input<Record<string, Input<string>>>;
  /**
   * A duration such as `90s` after which the script and all that it started is ended; that is a failure. Changing it
   * takes effect with the next order.
   * @default "2m"
   */
  readonly timeout?: Input<string>;
}

/** An `exec` solver in a program. */
export type ExecSolver = ExecArgs & { readonly kind: "exec" };

/** Answers by a script that was written for lego, certbot or acme.sh. It runs on the machine on which Pulumi runs. */
export function exec(args: ExecArgs): ExecSolver {
  return { ...args, kind: "exec" };
}

export interface ExecSpec {
  readonly style: ExecStyle;
  readonly command: readonly string[];
  readonly cleanup?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly dns: DnsOptions;
}

const ownNames = ["style", "command", "cleanup", "environment", "timeout"] as const;

/** For a challenge that scripts of these styles can answer. */
export function parseExec(able: readonly ExecStyle[], takesDns: boolean, value: unknown, property: string): ExecSpec {
  const known = takesDns ? [...ownNames, ...dnsArgNames] : ownNames;
  const given = propertiesOf(value, property, { name: "exec", known });
  const style = able.find((name) => name === given.style);
  if (style === undefined) {
    const elsewhere = styles.some((name) => name === given.style);
    const problem = `${shown(given.style)} ${elsewhere ? "scripts cannot answer this challenge" : "is no style of script"}.`;
    throw invalidArgument(`${property}.style`, problem, `Use ${able.map((name) => `"${name}"`).join(" or ")}.`);
  }
  if (given.cleanup !== undefined && style !== "certbot") {
    const fix = "Leave it out: the same command removes the answer.";
    throw invalidArgument(`${property}.cleanup`, `is for the style "certbot" only.`, fix);
  }
  const command = parseCommand(given.command, `${property}.command`);
  if (style === "acme.sh") assertAcmeShScript(command, `${property}.command`);
  return {
    style,
    command,
    ...(given.cleanup !== undefined && { cleanup: parseCommand(given.cleanup, `${property}.cleanup`) }),
    environment: parseEnvironment(given.environment ?? {}, `${property}.environment`),
    timeout: parseDuration(given.timeout ?? "2m", `${property}.timeout`),
    dns: parseDnsArgs(given, property),
  };
}

function parseCommand(value: unknown, property: string): string[] {
  const fix = 'Give the absolute path and the arguments one by one: ["/etc/acme/update-dns.sh"].';
  if (!Array.isArray(value)) throw invalidArgument(property, `${shown(value)} is no command.`, fix);
  const texts = value.map((item: unknown, index) => {
    if (typeof item === "string" && !item.includes("\0")) return item;
    throw invalidArgument(`${property}[${index}]`, "is no text.", fix);
  });
  const [program] = texts;
  if (program === undefined || !isAbsolute(program)) {
    throw invalidArgument(property, `${shown(program)} is no absolute path of a program.`, fix);
  }
  return texts;
}

/** The name of the functions in a script for acme.sh: `dns_cf` of `/root/.acme.sh/dnsapi/dns_cf.sh`. */
export function acmeShName(command: readonly string[]): string | undefined {
  return /\/(dns_[a-z0-9_]+)\.sh$/i.exec(command[command.length - 1] ?? "")?.[1];
}

function assertAcmeShScript(command: readonly string[], property: string): void {
  if (command.length <= 2 && acmeShName(command) !== undefined && command.every((path) => isAbsolute(path))) return;
  throw invalidArgument(
    property,
    `${shown(command)} names no script of acme.sh.`,
    'Give its path, as in ["/root/.acme.sh/dnsapi/dns_cf.sh"], or the program that reads it and its path.',
  );
}

function parseEnvironment(value: unknown, property: string): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(property, "is no set of variables.", 'Give { NAME: "value" }.');
  }
  for (const [name, text] of Object.entries(value)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw invalidArgument(property, "has a name that is no variable's.", "Use letters, digits and _.");
    }
    if (typeof text !== "string" || text.includes("\0")) {
      throw invalidArgument(`${property}.${name}`, "is no text.", "Every variable is a text.");
    }
  }
  return value as Record<string, string>;
}
