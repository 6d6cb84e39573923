import { CertificatesError } from "../../errors";
import type { BigIp } from "./bigIp";
import { readFileObject } from "./fileObjects";
import type { Found } from "./find";
import { type Mark, readMark } from "./mark";
import { type ProfileEntry, isDefault } from "./profile";
import { type F5Spec, markObject } from "./spec";

/** Who wants to deploy; without an id in a preview. */
export interface Claimant {
  readonly resource: string;
  readonly id?: string;
}

/** Whether what a mark says belongs to the one who asks, or to nobody any more. */
export function isOurs(mark: Mark, { id, resource }: Claimant): boolean {
  return mark.instance === id || mark.resource === resource || mark.released;
}

/** Throws if another resource has deployed under this name. */
export function assertUnclaimed(spec: F5Spec, mark: Mark | undefined, claimant: Claimant): void {
  if (mark === undefined || spec.takeOver || isOurs(mark, claimant)) return;
  throw foreign(spec, `${spec.clientSslProfile} was deployed by ${mark.resource}, as ${markObject(spec)} says`);
}

/** How the entries of a profile change so that it uses one certificate more. */
export interface Room {
  /** Those that stay as they are. */
  readonly others: readonly ProfileEntry[];
  /** The one of somebody else that gives way, to be gone back to. */
  readonly displaced?: ProfileEntry;
}

/**
 * The entries that a certificate with this key takes the place of: the one of its name and, because a profile has one
 * for each type of key, the one of its type. Throws `ForeignFile` for one that somebody else put there.
 */
export async function makeRoom(
  bigIp: BigIp,
  spec: F5Spec,
  { profile, mark }: Found,
  claimant: Claimant,
  keyType: () => Promise<string | undefined>,
): Promise<Room> {
  const others: ProfileEntry[] = [];
  const leaving: ProfileEntry[] = [];
  for (const entry of profile?.entries ?? []) {
    const isOfName = entry.name === spec.name;
    if (isOfName || (await isOfType(bigIp, entry, await keyType()))) leaving.push(entry);
    else others.push(entry);
  }
  assertSendable(spec, others);
  // What stands in the place of a deployment that goes on here is a change by hand.
  if (mark?.current !== undefined) return { others };
  const displaced: ProfileEntry[] = [];
  for (const entry of leaving) {
    const holder = await holderOf(bigIp, entry, claimant);
    if (holder === undefined) continue;
    if (!spec.takeOver) throw foreign(spec, `${spec.clientSslProfile} uses ${entry.cert}, which ${holder}`);
    displaced.push(entry);
  }
  assertSendable(spec, displaced);
  const [first] = displaced;
  return first === undefined ? { others } : { others, displaced: first };
}

async function isOfType(bigIp: BigIp, { key }: ProfileEntry, keyType: string | undefined): Promise<boolean> {
  if (keyType === undefined) return false;
  const found = await readFileObject(bigIp, "ssl-key", key);
  return found?.keyType === keyType;
}

/** Whose certificate an entry holds; undefined if it may go. */
async function holderOf(bigIp: BigIp, entry: ProfileEntry, claimant: Claimant): Promise<string | undefined> {
  if (isDefault(entry)) return undefined;
  const [, partition = ""] = entry.cert.split("/");
  const mark = await readMark(bigIp, `/${partition}/pulumi-certificates.${entry.name}`);
  const isMarked = mark !== undefined && Object.values(mark.revisions).some(({ cert }) => cert === entry.cert);
  if (!isMarked) return "this resource did not put there";
  return isOurs(mark, claimant) ? undefined : `was deployed by ${mark.resource}`;
}

/** Entries are sent back as they were read, which cannot be done with a passphrase. */
function assertSendable({ clientSslProfile }: F5Spec, entries: readonly ProfileEntry[]): void {
  const locked = entries.find(({ hasPassphrase }) => hasPassphrase === true);
  if (locked === undefined) return;
  const problem = `The entry ${locked.name} of ${clientSslProfile} has a key with a passphrase, which BIG-IP does not give back: the entry would be lost.`;
  throw new CertificatesError("TargetRefused", problem, {
    hint: "Use a profile of its own for this certificate, or install that key without a passphrase.",
  });
}

function foreign({ clientSslProfile }: F5Spec, problem: string): CertificatesError {
  const hint = `Use another profile, or set takeOver: true on the target: what ${clientSslProfile} uses now is kept as the previous revision.`;
  return new CertificatesError("ForeignFile", `${problem}.`, { hint, property: "target" });
}
