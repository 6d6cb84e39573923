import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../../errors";
import { parseFilePath } from "../certificateAndKey";
import { type Command, type CommandArgs, parseCommand } from "../commands";
import { parseDirectory } from "../filesSpec";
import type { Host } from "../hosts/host";

/** A trust store of an operating system that is laid out in its own way. */
export interface TrustSystemArgs {
  /** The absolute path of the directory where an administrator puts roots, a file each. */
  readonly anchors: Input<string>;
  /** The absolute path of the PEM file that the update makes of all roots. */
  readonly bundle: Input<string>;
  /** The command that brings the roots into use, as in `["/usr/bin/update-ca-trust", "extract"]`. */
  readonly update: CommandArgs;
  /**
   * The command after which a root that is no longer there is not in use either.
   * @default the same as `update`
   */
  readonly updateAfterRemoval?: CommandArgs;
  /**
   * The absolute path of the directory where revisions are kept, so that the roots of before can come back.
   * @default "/var/lib/pulumi-certificates/trust-stores"
   */
  readonly revisions?: Input<string>;
}

/** Where an operating system keeps the roots that it trusts. */
export interface TrustSystem {
  readonly anchors: string;
  readonly bundle: string;
  readonly update: Command;
  readonly updateAfterRemoval: Command;
  /** Programs that keep other trust stores, such as Java's, and where the links are that they are told of. */
  readonly hooks?: { readonly directory: string; readonly links: string };
}

export const knownSystems = ["debian", "redhat", "suse"] as const;

/** By its name, by its layout, or undefined if the host is to tell. */
export type TrustSystemSpec = (typeof knownSystems)[number] | TrustSystem | undefined;

export const defaultRevisions = "/var/lib/pulumi-certificates/trust-stores";

const command = (...line: string[]): Command => ({ command: line, environment: {}, timeout: 300_000 });

const systems: Readonly<Record<(typeof knownSystems)[number], TrustSystem>> = {
  debian: {
    anchors: "/usr/local/share/ca-certificates",
    bundle: "/etc/ssl/certs/ca-certificates.crt",
    update: command("/usr/sbin/update-ca-certificates"),
    updateAfterRemoval: command("/usr/sbin/update-ca-certificates", "--fresh"),
    hooks: { directory: "/etc/ca-certificates/update.d", links: "/etc/ssl/certs" },
  },
  redhat: {
    anchors: "/etc/pki/ca-trust/source/anchors",
    bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    update: command("/usr/bin/update-ca-trust", "extract"),
    updateAfterRemoval: command("/usr/bin/update-ca-trust", "extract"),
  },
  suse: {
    anchors: "/etc/pki/trust/anchors",
    bundle: "/var/lib/ca-certificates/ca-bundle.pem",
    update: command("/usr/sbin/update-ca-certificates"),
    updateAfterRemoval: command("/usr/sbin/update-ca-certificates"),
  },
};

const known = ["anchors", "bundle", "update", "updateAfterRemoval", "revisions"];

/** What was given as `system`, and where revisions are kept. */
export function parseSystem(value: unknown, property: string): { system: TrustSystemSpec; revisions: string } {
  const isKnown = value === undefined || knownSystems.some((name) => name === value);
  if (isKnown) return { system: value as TrustSystemSpec, revisions: defaultRevisions };
  if (typeof value !== "object" || value === null)
    throw invalidArgument(
      property,
      `${JSON.stringify(value)} is no system with a trust store that is known.`,
      `Use one of ${knownSystems.join(", ")}, or { anchors, bundle, update }.`,
    );
  for (const name of Object.keys(value)) {
    if (!known.includes(name))
      throw invalidArgument(`${property}.${name}`, "unknown property.", `A system has ${known.join(", ")}.`);
  }
  const given = value as Record<string, unknown>;
  const { updateAfterRemoval = given.update, revisions = defaultRevisions } = given;
  const system: TrustSystem = {
    anchors: parseDirectory(given.anchors, `${property}.anchors`),
    bundle: parseFilePath(given.bundle, `${property}.bundle`, systems.debian.bundle),
    update: parseCommand(given.update, `${property}.update`),
    updateAfterRemoval: parseCommand(updateAfterRemoval, `${property}.updateAfterRemoval`),
  };
  return { system, revisions: parseDirectory(revisions, `${property}.revisions`) };
}

/** The layout of a host's trust store: the one that was given, or the one that the host has. */
export async function systemOn(host: Host, given: TrustSystemSpec): Promise<TrustSystem> {
  if (typeof given === "object") return given;
  if (given !== undefined) return systems[given];
  for (const system of Object.values(systems)) {
    const [entry, obstacle] = await Promise.all([
      host.realPath(system.anchors),
      host.runObstacle(system.update.command[0] as string),
    ]);
    if (entry !== undefined && obstacle === undefined) return system;
  }
  throw invalidArgument(
    "target.system",
    `${host.name} has no trust store that is known: ${Object.values(systems)
      .map(({ anchors, update }) => `${anchors} with ${update.command[0] ?? ""}`)
      .join(", ")}.`,
    "Install the package ca-certificates, or describe the system: { anchors, bundle, update }.",
  );
}
