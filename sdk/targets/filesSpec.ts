import { isAbsolute, normalize } from "node:path";
import { invalidArgument } from "../errors";
import { type Command, parseCommand } from "./commands";
import { type FileContent, holdsPrivateKey, parseContent } from "./fileContents";
import { type OwnerSpec, parseOwner } from "./fileOwner";

/** A `files` target as it was described, checked and with its defaults. */
export interface FilesSpec {
  readonly directory: string;
  readonly files: readonly FileSpec[];
  readonly owner?: OwnerSpec;
  readonly checkStaged?: Command;
  readonly check?: Command;
  readonly reload?: Command;
  readonly takeOver: boolean;
  readonly onDelete: "leave" | "remove";
  /** Of a kind that has other arguments. */
  readonly properties?: FilesProperties;
}

/** Which arguments a directory and its files were given by, where these are not `directory` and `files`. */
export interface FilesProperties {
  readonly directory?: string;
  /** By the name of the file. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The argument that names the directory, as errors show it. */
export function directoryProperty({ properties }: Pick<FilesSpec, "properties">, property = "target"): string {
  return `${property}.${properties?.directory ?? "directory"}`;
}

/** The argument that a file comes from. */
export function fileProperty({ properties }: Pick<FilesSpec, "properties">, name: string, property = "target"): string {
  return `${property}.${properties?.files?.[name] ?? `files[${JSON.stringify(name)}]`}`;
}

export interface FileSpec {
  readonly name: string;
  readonly content: FileContent;
  readonly mode: number;
}

const known = new Set([
  "kind",
  "directory",
  "files",
  "owner",
  "mode",
  "keyMode",
  "checkStaged",
  "check",
  "reload",
  "takeOver",
  "onDelete",
]);

/** @param properties how a kind calls what it describes in the words of `files` */
export function parseFiles(value: unknown, property: string, properties?: FilesProperties): FilesSpec {
  if (typeof value !== "object" || value === null)
    throw invalidArgument(property, "is no target.", "Use files({ … }).");
  for (const key of Object.keys(value)) {
    if (!known.has(key))
      throw invalidArgument(`${property}.${key}`, "unknown property.", `files has ${[...known].slice(1).join(", ")}.`);
  }
  const given = value as Record<string, unknown>;
  const named = properties === undefined ? {} : { properties };
  const owner = parseOwner(given.owner, `${property}.owner`);
  const command = (name: "checkStaged" | "check" | "reload"): Partial<FilesSpec> =>
    given[name] === undefined ? {} : { [name]: parseCommand(given[name], `${property}.${name}`) };
  return {
    directory: parseDirectory(given.directory, directoryProperty(named, property)),
    files: parseFileMap(given, property, named),
    ...named,
    ...(owner === undefined ? {} : { owner }),
    ...command("checkStaged"),
    ...command("check"),
    ...command("reload"),
    takeOver: parseTakeOver(given.takeOver, `${property}.takeOver`),
    onDelete: parseOnDelete(given.onDelete, `${property}.onDelete`),
  };
}

export function parseDirectory(value: unknown, property: string): string {
  if (typeof value === "string" && isAbsolute(value) && !value.includes("\0")) {
    const directory = normalize(value).replace(/\/$/, "");
    if (directory !== "") return directory;
  }
  throw invalidArgument(
    property,
    `${JSON.stringify(value) ?? "nothing"} is no absolute path of a directory.`,
    "Give one, as in /etc/tls/web.",
  );
}

function parseFileMap(
  given: Record<string, unknown>,
  property: string,
  named: Pick<FilesSpec, "properties">,
): FileSpec[] {
  const { files } = given;
  const entries = typeof files === "object" && files !== null && !Array.isArray(files) ? Object.entries(files) : [];
  if (entries.length === 0) {
    throw invalidArgument(
      `${property}.files`,
      "names no file.",
      'Give { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" }.',
    );
  }
  const mode = parseMode(given.mode ?? "0644", `${property}.mode`);
  const keyMode = parseKeyMode(given.keyMode ?? "0600", `${property}.keyMode`);
  return entries.map(([name, value]) => {
    const path = fileProperty(named, name, property);
    if (name === "" || name.startsWith(".") || /[/\0]/.test(name) || Buffer.byteLength(name) > 200) {
      throw invalidArgument(
        path,
        "is no name of a file.",
        "Use a plain name without / that does not begin with a dot.",
      );
    }
    const content = parseContent(value, path);
    return { name, content, mode: holdsPrivateKey(content) ? keyMode : mode };
  });
}

function parseMode(value: unknown, property: string): number {
  if (typeof value === "string" && /^0?[0-7]{3}$/.test(value)) {
    const mode = Number.parseInt(value, 8);
    if ((mode & 0o400) !== 0 && (mode & 0o133) === 0) return mode;
  }
  const problem = `${JSON.stringify(value)} is no mode for these files.`;
  throw invalidArgument(
    property,
    problem,
    'Give octal digits as a text, as in "0644": readable by the owner, executable by nobody, writable by the owner only.',
  );
}

function parseKeyMode(value: unknown, property: string): number {
  const mode = parseMode(value, property);
  if ((mode & 0o007) === 0) return mode;
  throw invalidArgument(
    property,
    `"${String(value)}" lets everybody read a private key.`,
    'Use "0600", or "0640" with a group in owner.',
  );
}

function parseTakeOver(value: unknown, property: string): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw invalidArgument(property, `${JSON.stringify(value)} is neither true nor false.`, "Use true or false.");
}

function parseOnDelete(value: unknown, property: string): "leave" | "remove" {
  if (value === undefined || value === "leave" || value === "remove") return value ?? "leave";
  throw invalidArgument(property, `${JSON.stringify(value)} is not known.`, 'Use "leave" or "remove".');
}
