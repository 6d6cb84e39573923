import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../../errors";

/** Arguments of {@link ssh}. */
export interface SshOptions {
  /** Name or address of the host. */
  readonly host: Input<string>;
  /** The user that logs in there. What it cannot do itself it does by `sudo`. */
  readonly user: Input<string>;
  /** The port of its SSH server. @default 22 */
  readonly port?: Input<number>;
  /**
   * The public keys that the host may show, as in `/etc/ssh/ssh_host_ed25519_key.pub`: `ssh-ed25519 AAAA…`. One of
   * `hostKey` and `hostAuthority` is needed: a host that shows another key gets nothing. @default none
   */
  readonly hostKey?: Input<string> | Input<Input<string>[]>;
  /** The public key of the CA that signs the keys of hosts. @default none */
  readonly hostAuthority?: Input<string> | Input<Input<string>[]>;
  /** The private key to log in with, in PEM or OpenSSH format, unencrypted. Write-only. @default `identityFile` */
  readonly privateKey?: Input<string>;
  /** A file on the machine that runs Pulumi with that key. @default a key of the agent (`SSH_AUTH_SOCK`) */
  readonly identityFile?: Input<string>;
  /** Runs the check and reload commands of the target by `sudo -n`. @default false */
  readonly sudo?: Input<boolean>;
  /** A host that the connection goes through. @default none */
  readonly jump?: SshArgs;
}

/** A host that is reached over SSH, as a program describes it. */
export interface SshArgs extends SshOptions {
  /** Which kind of host it is. */
  readonly kind: "ssh";
}

/**
 * A host that is reached over SSH (RFC 4251), by the OpenSSH client of the machine that runs Pulumi. There is one
 * connection for each host and run, no agent is forwarded, and no configuration file of the machine is read.
 *
 * @example
 * const edge1 = ssh({ host: "edge-1.example.com", user: "deploy", hostKey: "ssh-ed25519 AAAA…" });
 */
export function ssh(options: SshOptions): SshArgs {
  return { kind: "ssh", ...options };
}

export interface SshSpec {
  /** As it stands in messages and in the state: `deploy@edge-1.example.com`, with its port if that is another than 22. */
  readonly name: string;
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly hostKeys: readonly string[];
  readonly hostAuthorities: readonly string[];
  readonly privateKey?: string;
  readonly identityFile?: string;
  readonly sudo: boolean;
  readonly jump?: SshSpec;
}

const hostPattern = /^[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}$/;
const userPattern = /^[A-Za-z_][A-Za-z0-9._-]{0,63}\$?$/;
const publicKeyPattern = /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*$/;
const names = [
  "kind",
  "host",
  "user",
  "port",
  "hostKey",
  "hostAuthority",
  "privateKey",
  "identityFile",
  "sudo",
  "jump",
];

/** Reads what {@link ssh} returned; the private key may be missing from it. */
export function parseSsh(value: unknown, property: string): SshSpec {
  const given = objectOf(value, property);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw invalidArgument(`${property}.${unknown}`, "is no argument of ssh().", `Use ${names.slice(1).join(", ")}.`);
  const { port = 22, sudo = false, jump, identityFile } = given;
  const host = text(
    given.host,
    hostPattern,
    `${property}.host`,
    "is no name or address of a host",
    "edge-1.example.com",
  );
  const user = text(given.user, userPattern, `${property}.user`, "is no name of a user", "deploy");
  if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535)
    throw invalidArgument(`${property}.port`, `${JSON.stringify(port)} is no port.`, "Use a number from 1 to 65535.");
  if (typeof sudo !== "boolean")
    throw invalidArgument(
      `${property}.sudo`,
      `${JSON.stringify(sudo)} is not true or false.`,
      "Leave it out for false.",
    );
  const hostKeys = publicKeys(given.hostKey, `${property}.hostKey`);
  const hostAuthorities = publicKeys(given.hostAuthority, `${property}.hostAuthority`);
  if (hostKeys.length + hostAuthorities.length === 0) {
    throw invalidArgument(
      `${property}.hostKey`,
      `the key of ${host} is not known.`,
      "Give the content of its /etc/ssh/ssh_host_ed25519_key.pub, or as hostAuthority the key of the CA that signs it.",
    );
  }
  return {
    name: `${user}@${host}${port === 22 ? "" : `:${String(port)}`}`,
    ...{ host, user, port: port as number, hostKeys, hostAuthorities, sudo },
    ...(given.privateKey !== undefined && { privateKey: privateKey(given.privateKey, `${property}.privateKey`) }),
    ...(identityFile !== undefined && { identityFile: path(identityFile, `${property}.identityFile`) }),
    ...(jump !== undefined && { jump: parseSsh(jump, `${property}.jump`) }),
  };
}

function objectOf(value: unknown, property: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "ssh")
    return value as Record<string, unknown>;
  throw invalidArgument(property, "is no host.", "Use ssh({ host, user, hostKey }).");
}

function text(value: unknown, pattern: RegExp, property: string, problem: string, example: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw invalidArgument(property, `${JSON.stringify(value) ?? "nothing"} ${problem}.`, `Use one such as "${example}".`);
}

/** Comments at the end are left out. */
function publicKeys(value: unknown, property: string): string[] {
  if (value === undefined) return [];
  return [value].flat().map((line) => {
    const key = typeof line === "string" ? line.trim().split(/\s+/).slice(0, 2).join(" ") : "";
    if (publicKeyPattern.test(key)) return key;
    throw invalidArgument(property, "is no public key of SSH.", "Give its type and its base64: `ssh-ed25519 AAAA…`.");
  });
}

function privateKey(value: unknown, property: string): string {
  if (typeof value === "string" && /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) return value;
  throw invalidArgument(property, "is no private key.", "Give it in PEM or OpenSSH format, unencrypted.");
}

function path(value: unknown, property: string): string {
  if (typeof value === "string" && value.startsWith("/")) return value;
  throw invalidArgument(property, `${JSON.stringify(value)} is no absolute path.`, "Give the whole path.");
}
