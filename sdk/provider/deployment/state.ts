import type { Endpoint } from "../../verify/endpoint";
import { hasUnknown } from "../unknown";

export interface DeploymentInputs {
  /** Project, stack and name: what is written beside what is deployed. */
  readonly name: string;
  readonly certificate: {
    /** Empty while the certificate awaits its first issuance. */
    readonly fingerprintSha256: string;
    /** Of the chain and the trust bundle, which may change under the same certificate. */
    readonly chainSha256: string;
    readonly dnsNames: string[];
  };
  /** Without credentials. */
  readonly target: { readonly kind: string };
  /** Hosts, one wave after the other, without credentials; this machine alone if it is left out. */
  readonly waves?: { readonly kind: string }[][];
  readonly concurrency?: number;
  readonly endpoints?: Endpoint[];
  readonly timeout?: string;
  readonly revision?: "current" | "previous";
  readonly owner?: Readonly<Record<string, string>>;
  /** What the run is about, as a preview shows it; absent when there is nothing to do, and for the first deployment. */
  readonly changes?: string[];
  /** What a refresh found changed; the next deployment takes it out. */
  readonly drift?: string[];
}

/** What one host of a wave holds. */
export interface HostOuts {
  /** Digest of what it was brought to: a host with another one is not done. */
  readonly settings: string;
  readonly deployedFingerprint: string;
  readonly deployedRevision: string;
  /** It went back to that revision. */
  readonly isRolledBack?: boolean;
  readonly previousRevision?: string;
  readonly previousFingerprint?: string;
  readonly deployedAt: string;
}

/** Holds the inputs of the last deployment that succeeded: a refresh and a deletion have nothing else to go by. */
export interface DeploymentOuts extends DeploymentInputs {
  readonly stateVersion: number;
  readonly deployedFingerprint?: string;
  readonly previousFingerprint?: string;
  /** Names of revisions on the target. */
  readonly deployedRevision?: string;
  readonly previousRevision?: string;
  readonly deployedAt?: string;
  readonly status?: "deployed" | "rolledBack" | "waiting";
  readonly credentialsMarker?: string;
  /** By name, where there are waves. */
  readonly hosts?: Readonly<Record<string, HostOuts>>;
  /** A deployment that failed after something was changed: where, and why. */
  readonly pending?: {
    readonly targets: { readonly kind: string }[];
    readonly reason: string;
    /** What it left to do, as a preview shows it as long as the same is wanted. */
    readonly changes?: string[];
    readonly wanted?: string;
  };
}

/** Whether there is no certificate yet that could be deployed. */
export function isAwaited({ certificate }: DeploymentInputs): boolean {
  return !hasUnknown(certificate) && certificate.fingerprintSha256 === "";
}

const inputFields = [
  "name",
  "certificate",
  "target",
  "waves",
  "concurrency",
  "endpoints",
  "timeout",
  "revision",
  "owner",
] as const;

/** The inputs alone, as `check` returns them. */
export function inputsOf(properties: DeploymentInputs): DeploymentInputs {
  const entries = inputFields.map((field) => [field, properties[field]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as DeploymentInputs;
}
