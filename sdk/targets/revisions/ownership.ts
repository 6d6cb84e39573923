import { join } from "node:path";
import { CertificatesError } from "../../errors";
import type { Entry, Host } from "../hosts/host";
import { type Store, homeName, homeOfLink, storeName } from "./layout";
import { managerOf } from "./managers";
import { parseJson } from "./manifest";

/** What stands beside a deployment's files for people and for other deployments. */
export interface OwnerRecord {
  readonly managedBy: "pulumi-certificates";
  /** Project, stack and name. */
  readonly resource: string;
  readonly owner?: Readonly<Record<string, string>>;
  readonly fingerprintSha256?: string;
  /** The resource is gone and left its files: whoever comes next may have them. */
  readonly released?: boolean;
}

export async function readOwner(host: Host, home: string): Promise<OwnerRecord | undefined> {
  const content = await host.read(join(home, "owner.json"));
  const parsed = content === undefined ? undefined : parseJson(content);
  return parsed?.managedBy === "pulumi-certificates" ? (parsed as unknown as OwnerRecord) : undefined;
}

export interface Claim {
  readonly directory: string;
  readonly names: readonly string[];
  readonly resource: string;
  readonly takeOver: boolean;
  /** Undefined before the resource has an id. */
  readonly id?: string;
  /** Names that are this resource's own whatever stands there now: that something else does is drift. */
  readonly own: ReadonlySet<string>;
}

/**
 * The public names at which something stands that is to be taken over. Throws `ForeignFile` if that was not asked for.
 * Without asking it takes what an earlier instance of the same resource left, or a resource that is gone.
 */
export async function namesToTakeOver(host: Host, claim: Claim): Promise<string[]> {
  const [{ uid }, manager, store, ...entries] = await Promise.all([
    host.identity(),
    // Whoever deploys there already was asked before.
    claim.takeOver || claim.own.size > 0 ? undefined : managerOf(host, claim.directory),
    ...[storeName, ...claim.names].map((name) => host.stat(join(claim.directory, name))),
  ]);
  if (store !== undefined && (store.type !== "directory" || store.uid !== uid)) {
    throw foreign(
      join(claim.directory, storeName),
      `is not the directory of the user that deploys (uid ${uid})`,
      "Remove it.",
    );
  }
  const names: string[] = [];
  for (const [index, name] of claim.names.entries()) {
    const entry = entries[index];
    if (claim.own.has(name)) continue;
    if (entry === undefined) {
      if (manager !== undefined) throw foreign(claim.directory, manager, placeHint);
      continue;
    }
    const path = join(claim.directory, name);
    if (entry.type === "directory" || entry.type === "other")
      throw foreign(path, "is no file", "Remove it, or use another name.");
    const holder = await holderOf(host, claim, entry, name);
    if (holder === undefined) continue;
    if (holder !== "free" && !claim.takeOver) {
      throw foreign(
        path,
        holder,
        "Use another place, or set takeOver: true on the target: its present files are kept as the previous revision.",
      );
    }
    names.push(name);
  }
  return names;
}

const placeHint = "Use another directory, or set takeOver: true on the target once nothing else writes there any more.";

/** Why a name is not free to be used; undefined if it is this deployment's own already. */
async function holderOf(host: Host, claim: Claim, entry: Entry, name: string): Promise<string | undefined> {
  if (entry.link === undefined) return "is a file that this resource did not write";
  const home = homeOfLink(entry.link, name);
  if (home === undefined) return describeLink(entry.link);
  if (claim.id !== undefined && home === homeName(claim.id)) return undefined;
  const path = join(claim.directory, storeName, home);
  const [there, owner] = await Promise.all([host.stat(path), readOwner(host, path)]);
  if (there === undefined) return "free";
  if (owner?.released === true || owner?.resource === claim.resource) return "free";
  return `was deployed by ${owner?.resource ?? "another deployment"}`;
}

/** Names the tools whose links are known. */
function describeLink(link: string): string {
  const parts = link.split("/");
  if (parts.includes("archive")) return `is a link of certbot (to ${link})`;
  if (parts.includes("..data"))
    return `is a link of Kubernetes, as in a mounted secret or cert-manager's CSI driver (to ${link})`;
  return `is a link to ${link}`;
}

function foreign(path: string, problem: string, hint: string): CertificatesError {
  return new CertificatesError("ForeignFile", `${path} ${problem}.`, { hint, property: "target" });
}

/** The homes of all deployments in a directory. */
export async function homesIn({ host, store }: Store): Promise<string[]> {
  return (await host.list(store)).filter((name) => !name.startsWith("."));
}
