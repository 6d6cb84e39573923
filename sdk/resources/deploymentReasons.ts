interface DeploymentInputs {
  readonly certificate?: { readonly fingerprintSha256?: unknown };
  readonly revision?: unknown;
}

interface DeploymentOutputs {
  readonly deployedFingerprint?: string;
  readonly pending?: { readonly reason?: string };
  readonly drift?: readonly string[];
}

/** Why a deployment is about to be made again, where its changed inputs do not say it by themselves. */
export function deploymentReasons(name: string, newInputs: DeploymentInputs, oldOutputs: DeploymentOutputs): string[] {
  const { pending, drift = [], deployedFingerprint } = oldOutputs;
  if (pending !== undefined)
    return [`${name} is deployed again: the last deployment did not succeed. ${pending.reason ?? ""}`.trim()];
  if (drift.length > 0) return [`${name} is deployed again: ${drift.join(" ")}`];
  const fingerprint = newInputs.certificate?.fingerprintSha256;
  if (newInputs.revision === "previous" || fingerprint === deployedFingerprint) return [];
  if (typeof fingerprint !== "string" || !/^[0-9a-f]{64}$/.test(fingerprint)) {
    return [`${name} deploys the certificate that replaces ${short(deployedFingerprint)}`];
  }
  return [`${name} deploys the certificate ${short(fingerprint)} in place of ${short(deployedFingerprint)}`];
}

function short(fingerprint: string | undefined): string {
  return fingerprint === undefined ? "none" : `${fingerprint.slice(0, 12)}…`;
}
