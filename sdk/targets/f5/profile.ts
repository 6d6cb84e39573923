import { CertificatesError } from "../../errors";
import { type BigIp, objectPath } from "./bigIp";
import type { Change } from "./transaction";

/** A certificate with its key in a client SSL profile: an entry of its `certKeyChain`, one for each type of key. */
export interface ProfileEntry {
  readonly name: string;
  /** Full paths of file objects. */
  readonly cert: string;
  readonly key: string;
  readonly chain?: string;
  readonly usage?: string;
  /** BIG-IP does not give it back in a form in which it could be sent again. */
  readonly hasPassphrase?: boolean;
}

export interface Profile {
  /** Those of its own; none while it has the ones of the profile that it was made from. */
  readonly entries: readonly ProfileEntry[];
}

const collection = "/mgmt/tm/ltm/profile/client-ssl";

export async function readProfile(bigIp: BigIp, profile: string): Promise<Profile | undefined> {
  const json = await bigIp.read(`read the profile ${profile}`, objectPath(collection, profile));
  if (json === undefined) return undefined;
  const { inheritCertkeychain, certKeyChain } = json;
  if (inheritCertkeychain === "true" || !Array.isArray(certKeyChain)) return { entries: [] };
  return { entries: certKeyChain.map((entry: unknown) => entryOf(entry)) };
}

export async function neededProfile(bigIp: BigIp, profile: string): Promise<Profile> {
  const found = await readProfile(bigIp, profile);
  if (found !== undefined) return found;
  throw new CertificatesError("DeploymentFailed", `${bigIp.name} has no client SSL profile ${profile}.`, {
    hint: "Make it first; this package changes nothing of a profile but its certificate.",
  });
}

function entryOf(value: unknown): ProfileEntry {
  const { name, cert, key, chain, usage, passphrase } = value as Record<string, unknown>;
  return {
    name: textOr(name, ""),
    cert: textOr(cert, ""),
    key: textOr(key, ""),
    ...(isGiven(chain) && { chain }),
    ...(isGiven(usage) && { usage }),
    ...(isGiven(passphrase) && { hasPassphrase: true }),
  };
}

/** What no profile of its own has: a certificate that every BIG-IP makes for itself. */
export function isDefault({ cert }: ProfileEntry): boolean {
  return cert === "/Common/default.crt";
}

export function sameEntry(left: ProfileEntry, right: ProfileEntry): boolean {
  return left.cert === right.cert && left.key === right.key && left.chain === right.chain;
}

/** The change that gives a profile these entries and leaves all its other settings. */
export function entriesChange(profile: string, entries: readonly ProfileEntry[]): Change {
  const body =
    entries.length === 0
      ? { inheritCertkeychain: "true" }
      : {
          inheritCertkeychain: "false",
          certKeyChain: entries.map(({ hasPassphrase: _, chain = "none", ...entry }) => ({ ...entry, chain })),
        };
  return { collection, object: profile, body };
}

/** BIG-IP says `none` for what is not set. */
function isGiven(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value !== "none";
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
