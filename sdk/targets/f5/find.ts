import type { Revision } from "../target";
import type { BigIp } from "./bigIp";
import { readFileObject } from "./fileObjects";
import { type Mark, type MarkedRevision, readMark } from "./mark";
import { type Profile, type ProfileEntry, readProfile, sameEntry } from "./profile";
import { type F5Spec, markObject } from "./spec";

/** What a BIG-IP holds of a deployment. */
export interface Found {
  /** Undefined if there is no such profile. */
  readonly profile: Profile | undefined;
  readonly mark: Mark | undefined;
}

export async function find(bigIp: BigIp, spec: F5Spec): Promise<Found> {
  const [profile, mark] = await Promise.all([
    readProfile(bigIp, spec.clientSslProfile),
    readMark(bigIp, markObject(spec)),
  ]);
  return { profile, mark };
}

export function asRevision(id: string, { fingerprintSha256 }: MarkedRevision): Revision {
  return fingerprintSha256 === undefined ? { id } : { id, fingerprintSha256 };
}

/** The entry of the profile that leads to a revision. */
export function entryFor({ name }: F5Spec, { cert, key, chain }: MarkedRevision): ProfileEntry {
  return { name, cert, key, ...(chain !== undefined && { chain }) };
}

/** How the profile differs from what it should use, as a sentence. */
export function bindingDamage(spec: F5Spec, profile: Profile | undefined, revision: MarkedRevision): string[] {
  const { clientSslProfile, name } = spec;
  if (profile === undefined) return [`The profile ${clientSslProfile} is missing.`];
  const entry = profile.entries.find((one) => one.name === name);
  if (entry === undefined) return [`The profile ${clientSslProfile} does not use ${revision.cert}.`];
  if (sameEntry(entry, entryFor(spec, revision))) return [];
  return [`The profile ${clientSslProfile} uses ${entry.cert} instead of ${revision.cert}.`];
}

/** How the file objects of a revision differ from what was installed, as sentences. */
export async function fileDamage(bigIp: BigIp, revision: MarkedRevision): Promise<string[]> {
  const sums = revision.checksums?.split(" ");
  const damage = filesOf(revision).map(async ([kind, object], index) => {
    const found = await readFileObject(bigIp, kind, object);
    if (found === undefined) return [`${object} is missing.`];
    const isIntact = revision.foreign === true || found.checksum === sums?.[index];
    return isIntact ? [] : [`${object} was replaced by another file.`];
  });
  return (await Promise.all(damage)).flat();
}

/** The file objects of a revision, in the order in which they are installed. */
export function filesOf({ cert, key, chain }: MarkedRevision): ["ssl-cert" | "ssl-key", string][] {
  return [
    ["ssl-key", key],
    ["ssl-cert", cert],
    ...(chain === undefined ? [] : [["ssl-cert", chain] as ["ssl-cert", string]]),
  ];
}
