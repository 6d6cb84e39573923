import { createHash } from "node:crypto";

/** Why a deployment is made again: a closed set, in the order in which they are named. */
export const deploymentCauses = {
  CertificateChanged: "deploys another certificate",
  RevisionChanged: "goes to another revision",
  TargetChanged: "has another target",
  HostsChanged: "has other hosts",
  EndpointsChanged: "has other endpoints",
  OwnerChanged: "has another owner",
  Drifted: "was changed by hand",
  NotDone: "is not done",
  Added: "is new",
  Removed: "is removed",
} as const;

export type DeploymentCause = keyof typeof deploymentCauses;

/** What a run is about to do to the places of a deployment. */
export interface DeploymentPlan {
  readonly causes: readonly DeploymentCause[];
  /** By name, wave by wave: only those that are due. */
  readonly places: readonly (readonly string[])[];
  /** How servers come to use it, such as `reloads with /usr/sbin/nginx -s reload`; undefined where nothing is said of it. */
  readonly reload?: string | undefined;
  /** Places in which the deployment ends. */
  readonly ends: readonly string[];
}

/** What a deployment is to bring where: a run that failed is to be gone on with if it is still the same. */
export function wantedDigest(inputs: object): string {
  const given = inputs as Readonly<Record<string, unknown>>;
  const wanted = wantedFields.map((field) => sorted(given[field]) ?? null);
  return createHash("sha256").update(JSON.stringify(wanted)).digest("base64");
}

const wantedFields = ["certificate", "target", "waves", "endpoints", "revision", "owner"];

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** Causes that write other files or the same ones anew, and with which servers are reloaded. */
const writing: ReadonlySet<DeploymentCause> = new Set([
  "CertificateChanged",
  "RevisionChanged",
  "HostsChanged",
  "Drifted",
  "NotDone",
  "Added",
]);

/**
 * The input `changes`: why the deployment is made again, where, in which order, and what is reloaded. It says the same
 * in the preview and in the run, and nothing when there is nothing to do.
 */
export function describeDeployment({ causes, places, reload, ends }: DeploymentPlan): string[] {
  const waves = places.filter((wave) => wave.length > 0).map(listed);
  const isOne = places.flat().length === 1;
  const parts = [
    waves.length === 0 && ends.length === 0 ? "no host is deployed to" : waves.join(", then "),
    waves.length === 0 ? undefined : reloadClause(causes, reload, isOne),
    ends.length === 0 ? undefined : `ends at ${listed(ends)}`,
  ];
  return [`${causes.join(", ")}: ${parts.filter((part) => part !== undefined && part !== "").join("; ")}`];
}

function reloadClause(
  causes: readonly DeploymentCause[],
  reload: string | undefined,
  isOne: boolean,
): string | undefined {
  if (reload === undefined) return undefined;
  const each = isOne ? reload : `each ${reload}`;
  if (causes.some((cause) => writing.has(cause))) return each;
  return causes.includes("TargetChanged") ? `${each} where its files change` : "nothing is reloaded";
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}

/** The same for people, on a line of the resource: `edge deploys another certificate [CertificateChanged]: …`. */
export function explainDeployment(name: string, line: string): string {
  const [codes = "", ...rest] = line.split(": ");
  const words = codes
    .split(", ")
    .map((code) => (code in deploymentCauses ? deploymentCauses[code as DeploymentCause] : code));
  return `${name} ${listed(words)} [${codes}]: ${rest.join(": ")}`;
}

/** The input `changes` of many deployments in one: a line for all that do the same, with their names. */
export function describeMembers(lines: ReadonlyMap<string, readonly string[]>): string[] {
  const members = new Map<string, string[]>();
  for (const [name, own] of lines) {
    for (const line of own) {
      const names = members.get(line);
      if (names === undefined) members.set(line, [name]);
      else names.push(name);
    }
  }
  return [...members].map(([line, names]) => {
    const [codes = "", ...rest] = line.split(": ");
    return `${names.join(", ")} [${codes}]: ${rest.join(": ")}`;
  });
}
