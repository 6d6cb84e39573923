import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Ownership } from "../hosts/host";
import { type Store, revisionDirectory } from "./layout";

/** A file of a revision that is to be. */
export interface DesiredFile {
  readonly name: string;
  readonly mode: number;
  /** Whoever does the work, if left out. */
  readonly owner?: Ownership;
  /** All that decides the content, as a text: equal texts mean equal content, though keystores differ in their salts. */
  readonly source: string;
  content(): Promise<Uint8Array>;
}

/** What a revision's directory says about itself, without saying anything about a secret. */
export interface Manifest {
  readonly fingerprintSha256?: string;
  readonly files: Readonly<Record<string, FileRecord>>;
}

export interface FileRecord {
  readonly mode: number;
  readonly owner?: Ownership;
  /** Markers, keyed by the instance's id: they tell whether something changed and nothing else. */
  readonly source: string;
  readonly content: string;
}

/** No deployed file is called so: their names do not begin with a dot. */
export const manifestName = ".revision.json";

/** A keyed marker of a content; a plain hash of a secret would tell whoever guesses it. */
export function marker(store: Store, purpose: string, content: string | Uint8Array): string {
  return createHmac("sha256", store.instance.id).update(`${purpose}\0`).update(content).digest("base64");
}

/** Undefined if the directory holds no revision, or one that can no longer be relied on. */
export async function readManifest(store: Store, revision: string): Promise<Manifest | undefined> {
  const content = await store.host.read(join(revisionDirectory(store, revision), manifestName));
  const parsed = content === undefined ? undefined : parseJson(content);
  return typeof parsed?.files === "object" ? (parsed as unknown as Manifest) : undefined;
}

/** The object in a file that someone may have damaged. */
export function parseJson(content: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(content.toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The manifests of those revisions that can be relied on, by their ids. */
export async function readManifests(
  store: Store,
  revisions: readonly (string | undefined)[],
): Promise<Map<string, Manifest>> {
  const ids = [...new Set(revisions.flatMap((id) => id ?? []))];
  const manifests = await Promise.all(ids.map((id) => readManifest(store, id)));
  return new Map(ids.flatMap((id, index) => (manifests[index] === undefined ? [] : [[id, manifests[index]] as const])));
}

/** How a revision on disk differs from its own manifest, as sentences; empty if it is as it was written. */
export async function damageOf(store: Store, revision: string, manifest: Manifest): Promise<string[]> {
  const files = Object.entries(manifest.files);
  const damage = files.map(([name, record]) => damageOfFile(store, revisionDirectory(store, revision), name, record));
  return (await Promise.all(damage)).flat();
}

async function damageOfFile(store: Store, directory: string, name: string, record: FileRecord): Promise<string[]> {
  const path = join(directory, name);
  const entry = await store.host.stat(path);
  if (entry === undefined) return [`${name} is missing.`];
  if (entry.type !== "file") return [`${name} is no regular file any more.`];
  const damage: string[] = [];
  if (marker(store, "content", (await store.host.read(path)) ?? "") !== record.content) {
    damage.push(`${name} has another content.`);
  }
  if (entry.mode !== record.mode)
    damage.push(`${name} has the mode ${octal(entry.mode)} instead of ${octal(record.mode)}.`);
  const { owner } = record;
  if (owner !== undefined && (entry.uid !== owner.uid || entry.gid !== owner.gid)) {
    damage.push(`${name} belongs to ${entry.uid}:${entry.gid} instead of ${owner.uid}:${owner.gid}.`);
  }
  return damage;
}

/** Whether a revision was made from exactly these files. */
export function isMadeFrom(store: Store, manifest: Manifest, desired: readonly DesiredFile[]): boolean {
  const names = Object.keys(manifest.files);
  return (
    names.length === desired.length &&
    desired.every((file) => {
      const record = manifest.files[file.name];
      return (
        record !== undefined &&
        record.source === marker(store, "source", file.source) &&
        record.mode === file.mode &&
        record.owner?.uid === file.owner?.uid &&
        record.owner?.gid === file.owner?.gid
      );
    })
  );
}

export function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}
