import type { CommandOptions, CommandResult } from "../../net/command";

/** What stands at a path itself; a link is not followed. */
export interface Entry {
  readonly type: "file" | "directory" | "link" | "other";
  /** Permission bits only. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Where a link leads, as it is written there. */
  readonly link?: string;
}

/** Who owns a file. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

export interface Identity extends Ownership {
  readonly groups: readonly number[];
}

/**
 * The machine whose files and programs a target changes. Each method is one small step, so that whatever stops the
 * work stops between two of them; paths are absolute. A failure is thrown as `DeploymentFailed` with the path and the
 * reason, never with content.
 */
export interface Host {
  /** As it stands in messages. */
  readonly name: string;

  /** The user that does the work. */
  identity(): Promise<Identity>;
  /** A user by name, with the user's own group; undefined if there is none. */
  lookupUser(name: string): Promise<Ownership | undefined>;
  lookupGroup(name: string): Promise<number | undefined>;

  /** Undefined if nothing stands there. */
  stat(path: string): Promise<Entry | undefined>;
  /** The path without any links in it; undefined if it leads nowhere. */
  realPath(path: string): Promise<string | undefined>;
  /** The content of a file that is no link; undefined if nothing stands there. */
  read(path: string): Promise<Buffer | undefined>;
  /** The names in a directory, sorted; none if it does not exist. */
  list(directory: string): Promise<string[]>;
  /** Why this process may not create entries in an existing directory; undefined if it may. */
  writeObstacle(directory: string): Promise<string | undefined>;
  /** Why a program cannot be run; undefined if it can. */
  runObstacle(program: string): Promise<string | undefined>;

  /** A new directory; false if something stands there already. */
  makeDirectory(path: string, mode: number): Promise<boolean>;
  /** A new file, on disk when this returns; anything that stands there already is an error. */
  writeFile(path: string, content: Uint8Array, mode: number, owner?: Ownership): Promise<void>;
  /** A new symbolic link; anything that stands there already is an error. */
  makeLink(path: string, leadsTo: string): Promise<void>;
  /** Atomic; replaces what stands at the new path, and a link itself, not what it leads to. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the entries of a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Removes a file or a link; one that is gone already is fine. */
  removeFile(path: string): Promise<void>;
  /** Removes a directory and all in it without following links; one that is gone already is fine. */
  removeTree(path: string): Promise<void>;
  /** Removes a directory if nothing is in it. */
  removeEmptyDirectory(path: string): Promise<void>;

  run(command: readonly string[], options?: CommandOptions): Promise<CommandResult>;

  /**
   * The same host for changes that are asked for at once and made one after the other, each only if those before it
   * succeeded; for inOrder.ts. Left out by hosts that gain nothing from it.
   */
  inOrder?(): Changes;
}

/** The methods of a host that change its files. */
export type Changes = Pick<
  Host,
  | "makeDirectory"
  | "writeFile"
  | "makeLink"
  | "rename"
  | "syncDirectory"
  | "removeFile"
  | "removeTree"
  | "removeEmptyDirectory"
>;
