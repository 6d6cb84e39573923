import { explainDeployment } from "../lifecycle/deploymentCauses";

interface DeploymentInputs {
  readonly certificate?: { readonly fingerprintSha256?: unknown };
  readonly changes?: unknown;
}

interface DeploymentOutputs {
  readonly deployedFingerprint?: string;
  readonly pending?: { readonly reason?: string };
  readonly drift?: readonly string[];
}

/** Why a deployment is about to be made again, where, and what is reloaded. */
export function deploymentReasons(name: string, newInputs: DeploymentInputs, oldOutputs: DeploymentOutputs): string[] {
  const { pending, drift = [], deployedFingerprint } = oldOutputs;
  const { changes, certificate } = newInputs;
  const planned = Array.isArray(changes) ? changes.map((line) => explainDeployment(name, String(line))) : [];
  const isOther = certificate?.fingerprintSha256 !== deployedFingerprint;
  const lines = planned.map((line) =>
    isOther && line.includes("CertificateChanged") ? `${line}; in place of ${short(deployedFingerprint)}` : line,
  );
  if (pending !== undefined)
    lines.push(`${name} is deployed again: the last deployment did not succeed. ${pending.reason ?? ""}`.trim());
  if (drift.length > 0) lines.push(`${name} is deployed again: ${drift.join(" ")}`);
  if (lines.length > 0) return lines;
  return [
    isOther
      ? `${name} deploys the certificate that replaces ${short(deployedFingerprint)}`
      : `${name} is deployed again: a password of its target changed`,
  ];
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
  return [...(changes as string[]), ...((drift as string[] | undefined) ?? []), ...failed];
}
