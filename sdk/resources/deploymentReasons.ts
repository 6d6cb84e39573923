import { explainDeployment, wantedDigest } from "../lifecycle/deploymentCauses";

interface DeployedInputs {
  readonly target?: unknown;
  readonly waves?: unknown;
  readonly endpoints?: unknown;
  readonly owner?: unknown;
}

interface DeploymentInputs extends DeployedInputs {
  readonly certificate?: { readonly fingerprintSha256?: unknown };
  readonly changes?: unknown;
}

interface DeploymentOutputs extends DeployedInputs {
  readonly deployedFingerprint?: string;
  readonly pending?: { readonly reason?: string; readonly changes?: readonly string[]; readonly wanted?: string };
  readonly drift?: readonly string[];
}

/** Why a deployment is about to be made again, where, and what is reloaded. */
export function deploymentReasons(name: string, newInputs: DeploymentInputs, oldOutputs: DeploymentOutputs): string[] {
  const { pending, drift = [], deployedFingerprint } = oldOutputs;
  const { changes, certificate } = newInputs;
  const isSame = pending?.wanted === wantedDigest(newInputs);
  const due: readonly unknown[] = isSame ? (pending?.changes ?? []) : Array.isArray(changes) ? changes : [];
  const planned = due.map((line) => explainDeployment(name, String(line)));
  const isOther = certificate?.fingerprintSha256 !== deployedFingerprint;
  const lines = planned.map((line) =>
    isOther && deployedFingerprint !== undefined && line.includes("CertificateChanged")
      ? `${line}; in place of ${short(deployedFingerprint)}`
      : line,
  );
  if (pending !== undefined)
    lines.push(`${name} is deployed again: the last deployment did not succeed. ${pending.reason ?? ""}`.trim());
  if (drift.length > 0) lines.push(`${name} is deployed again: ${drift.join(" ")}`);
  if (lines.length > 0) return lines;
  if (isOther) return [`${name} deploys the certificate that replaces ${short(deployedFingerprint)}`];
  return isUnchanged(newInputs, oldOutputs) ? [`${name} is deployed again: a password of its target changed`] : [];
}

/** Passwords stand in no input. */
function isUnchanged(newInputs: DeploymentInputs, oldOutputs: DeploymentOutputs): boolean {
  return (["target", "waves", "endpoints", "owner"] as const).every(
    (field) => JSON.stringify(newInputs[field]) === JSON.stringify(oldOutputs[field]),
  );
}

function short(fingerprint: string | undefined): string {
  return fingerprint === undefined ? "none" : `${fingerprint.slice(0, 12)}…`;
}

/** Besides what the inputs say: members that the last run could not deploy, and those that a refresh found changed. */
export function deploymentSetReasons(
  { changes }: Record<string, unknown>,
  { lastFailure, drift }: Record<string, unknown>,
): string[] {
  const failed = typeof lastFailure === "string" ? [lastFailure] : [];
  return [changes, drift].flatMap((lines) => (Array.isArray(lines) ? lines.map(String) : [])).concat(failed);
}
