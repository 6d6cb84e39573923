/** Why a member of a `DeploymentSet` is deployed, or no longer. */
export type DeploymentReason =
  /** Its certificate is replaced, for the reason that its set names. */
  | string
  | "Added"
  | "CertificateChanged"
  | "TargetChanged"
  | "Removed"
  /** The last run did not get to it on every host, or a refresh found it changed. */
  | "NotDone";

/** Above this number of members the preview lists names by reason instead of a line for each. */
const linesAtMost = 50;

/** Which members are due and why: nothing else shows in a preview. */
export function describeMembers(reasons: ReadonlyMap<string, DeploymentReason>): string[] {
  const byReason = new Map<string, string[]>();
  for (const [name, reason] of reasons) {
    const names = byReason.get(reason);
    if (names === undefined) byReason.set(reason, [name]);
    else names.push(name);
  }
  if (reasons.size <= linesAtMost) return [...reasons].map(([name, reason]) => `${name} [${reason}]`);
  return [...byReason].map(([reason, names]) => `${names.length} members [${reason}]: ${names.join(", ")}`);
}
