import { createHash } from "node:crypto";
import type { HostOuts } from "../deployment/state";
import type { Hosts } from "../deployment/deployWave";
import type { DeploymentSetInputs } from "./inputs";

/** Holds the inputs of the last run: a refresh and a deletion have nothing else to go by. */
export interface DeploymentSetOuts extends DeploymentSetInputs {
  readonly stateVersion: number;
  /** JSON: member name → {@link DeployedMember}, its hosts as texts. */
  readonly deployedJson?: string;
  /** Why the last run did not finish: those that are not done are tried again by the next one. */
  readonly lastFailure?: string;
}

/** What is deployed of one member. */
export interface DeployedMember {
  /** The target of the last deployment that came to its end on every host. */
  target: { readonly kind: string };
  readonly hosts: Hosts;
}

export type Deployed = Map<string, DeployedMember>;

const none = "-";

/** `settings fingerprint revision deployedAt previousRevision previousFingerprint`, and a word where it went back. */
function formatHost(host: HostOuts): string {
  const { settings, deployedFingerprint, deployedRevision, deployedAt, isRolledBack } = host;
  const { previousRevision, previousFingerprint } = host;
  const fields = [settings, deployedFingerprint, deployedRevision, deployedAt, previousRevision, previousFingerprint];
  return [
    ...fields.map((field) => (field === undefined || field === "" ? none : field)),
    ...(isRolledBack ? ["back"] : []),
  ].join(" ");
}

function parseHost(text: string): HostOuts {
  const fields = text.split(" ").map((field) => (field === none ? "" : field));
  const [settings = "", deployedFingerprint = "", deployedRevision = "", deployedAt = "", ...rest] = fields;
  const [previousRevision, previousFingerprint, back] = rest;
  return {
    settings,
    deployedFingerprint,
    deployedRevision,
    deployedAt,
    ...(previousRevision && { previousRevision }),
    ...(previousFingerprint && { previousFingerprint }),
    ...(back !== undefined && { isRolledBack: true }),
  };
}

type Recorded = Record<string, { readonly target: { readonly kind: string }; readonly hosts: Record<string, string> }>;

export function deployedOf(outs: Pick<DeploymentSetOuts, "deployedJson"> | undefined): Deployed {
  const recorded = JSON.parse(outs?.deployedJson ?? "{}") as Recorded;
  return new Map(
    Object.entries(recorded).map(([name, { target, hosts }]) => {
      const parsed = Object.entries(hosts).map(([host, text]) => [host, parseHost(text)] as const);
      return [name, { target, hosts: Object.fromEntries(parsed) }];
    }),
  );
}

/** In the order of the names, whoever was done first. */
export function formatDeployed(deployed: Deployed): string {
  const entries = [...deployed].sort(([one], [other]) => (one < other ? -1 : 1));
  const recorded: Recorded = {};
  for (const [name, { target, hosts }] of entries) {
    const texts = Object.entries(hosts).sort(([one], [other]) => (one < other ? -1 : 1));
    recorded[name] = { target, hosts: Object.fromEntries(texts.map(([host, outs]) => [host, formatHost(outs)])) };
  }
  return JSON.stringify(recorded);
}

/** The mark of one member on its hosts, of the set's own. */
export function memberId(id: string, name: string): string {
  const random = createHash("sha256").update(`${id}/${name}`).digest("hex").slice(0, 8);
  return `${name.slice(-40)}-${random}`;
}
