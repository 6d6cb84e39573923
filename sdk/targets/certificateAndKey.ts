import type { Input } from "@pulumi/pulumi";
import { basename, dirname, isAbsolute, normalize } from "node:path";
import { invalidArgument } from "../errors";
import type { FilesProperties } from "./filesSpec";

/** What targets have in common whose server reads a certificate and its key from two files. */
export interface CertificateAndKeyArgs {
  /**
   * The absolute path of the certificate with its intermediates, in PEM, as the server's configuration names it. Its
   * directory is made, with the mode 0755, if it is missing. Changing it deploys to the new place, then ends the
   * deployment in the old one as `onDelete` says.
   */
  readonly certificatePath: Input<string>;
  /**
   * The absolute path of the private key, in PEM, in the same directory: both change by one rename. Changing it deploys
   * again.
   */
  readonly keyPath: Input<string>;
  /**
   * Who owns the files: `user`, `user:group` or `:group`, by name or number; a user alone brings the user's own group.
   * Changing it deploys again.
   * @default the user that deploys
   */
  readonly owner?: Input<string>;
  /**
   * The permissions of the private key, in octal digits. Changing it deploys again.
   * @default "0600"
   */
  readonly keyMode?: Input<string>;
  /**
   * Whether files at these paths that something else put there may be replaced. They are kept as the previous revision,
   * so that they come back if the first deployment fails. Changing it takes effect with the next deployment.
   * @default false: such files are refused
   */
  readonly takeOver?: Input<boolean>;
  /**
   * What deleting the resource does: `leave` keeps the files where they are, `remove` takes away those that this
   * resource deployed, never others. Changing it updates in place.
   * @default "leave"
   */
  readonly onDelete?: Input<"leave" | "remove">;
}

/** Those of these arguments that are arguments of `files`, too. */
export const sharedNames = ["owner", "keyMode", "takeOver", "onDelete"] as const;

/** The full chain and the key at the paths that a server's configuration names, as arguments of `files`. */
export function certificateAndKey(
  given: Readonly<Record<string, unknown>>,
  property: string,
): {
  readonly directory: string;
  readonly files: Readonly<Record<string, "fullChain" | "privateKey">>;
  readonly properties: FilesProperties;
} {
  const certificatePath = parseFilePath(given.certificatePath, `${property}.certificatePath`, "/etc/tls/web.pem");
  const keyPath = parseFilePath(given.keyPath, `${property}.keyPath`, "/etc/tls/web.key");
  const directory = dirname(certificatePath);
  if (dirname(keyPath) !== directory) {
    const problem = `"${keyPath}" is not beside the certificate, in ${directory}.`;
    throw invalidArgument(`${property}.keyPath`, problem, "Both change by one rename: put them in one directory.");
  }
  if (keyPath === certificatePath)
    throw invalidArgument(`${property}.keyPath`, `"${keyPath}" is the certificate's path.`, "Give the key its own.");
  const [certificate, key] = [basename(certificatePath), basename(keyPath)];
  return {
    directory,
    files: { [certificate]: "fullChain", [key]: "privateKey" },
    properties: { directory: "certificatePath", files: { [certificate]: "certificatePath", [key]: "keyPath" } },
  };
}

/** The absolute path of a file, normalized. */
export function parseFilePath(value: unknown, property: string, example: string): string {
  const fix = `Give the absolute path of a file, as in ${example}.`;
  if (typeof value !== "string" || !isAbsolute(value) || value.includes("\0"))
    throw invalidArgument(property, `${JSON.stringify(value) ?? "nothing"} is no absolute path.`, fix);
  const path = normalize(value);
  const name = basename(path);
  if (path.endsWith("/") || name.startsWith("."))
    throw invalidArgument(property, `"${value}" is no path of a file.`, `${fix} Its name must not begin with a dot.`);
  if (dirname(path) === "/") throw invalidArgument(property, `"${value}" is in no directory but /.`, fix);
  if (Buffer.byteLength(name) > 200)
    throw invalidArgument(property, `the file's name has more than 200 bytes.`, "Use a shorter name.");
  return path;
}

/** Those of the names that were given. */
export function pick(given: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}
