import type { KubernetesObject } from "./client";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet";

/** How far a rollout is: its first new pod is being made; that pod does not become ready; all are new and ready. */
export type RolloutStep = "progressing" | "stuck" | "complete";

/** The revisions of a workload's pods: of those it has, empty where there are none, and of those it is to have. */
export interface Revisions {
  readonly current: string;
  readonly wanted: string;
}

/** On how many nodes a daemon set is taken to run. */
const nodes = 2;

/**
 * The status that the controller of a workload writes: the fields that
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/ names. As a merge patch: null is absent.
 */
export function rolloutStatus(kind: WorkloadKind, step: RolloutStep, object: KubernetesObject, revisions: Revisions) {
  const status = { Deployment: deployment, StatefulSet: statefulSet, DaemonSet: daemonSet }[kind];
  const counts = Object.entries(status(step, object, revisions)).map(([name, value]) => [
    name,
    value === 0 ? null : value,
  ]);
  return { observedGeneration: object.metadata.generation, ...Object.fromEntries(counts) };
}

/** Of `total` pods: how many are new, and how many are ready, in which step. The first rollout makes all at once. */
function pods(step: RolloutStep, total: number, { current }: Revisions): { updated: number; ready: number } {
  if (step === "complete") return { updated: total, ready: total };
  return current === "" ? { updated: total, ready: 0 } : { updated: Math.min(total, 1), ready: total };
}

function deployment(step: RolloutStep, { metadata, spec }: KubernetesObject, revisions: Revisions) {
  const total: number = spec.replicas ?? 1;
  const { updated, ready } = pods(step, total, revisions);
  const surplus = step === "complete" || revisions.current === "" ? 0 : updated;
  const replicaSet = `${metadata.name}-${revisions.wanted}`;
  const available =
    ready >= total
      ? condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
      : condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
  const progressing = {
    progressing: ["True", "ReplicaSetUpdated", `ReplicaSet "${replicaSet}" is progressing.`],
    stuck: ["False", "ProgressDeadlineExceeded", `ReplicaSet "${replicaSet}" has timed out progressing.`],
    complete: ["True", "NewReplicaSetAvailable", `ReplicaSet "${replicaSet}" has successfully progressed.`],
  }[step];
  const [status = "", reason = "", message = ""] = progressing;
  return {
    replicas: total + surplus,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: total + surplus - ready,
    conditions: [available, condition("Progressing", status, reason, message)],
  };
}

function condition(type: string, status: string, reason: string, message: string) {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
}

function statefulSet(step: RolloutStep, { metadata, spec }: KubernetesObject, revisions: Revisions) {
  const total: number = spec.replicas ?? 1;
  const { updated, ready } = pods(step, total, revisions);
  const complete = step === "complete" || revisions.current === "";
  // It replaces a pod before it makes the next one.
  const readyNow = step === "complete" ? ready : Math.max(0, ready - 1);
  return {
    replicas: total,
    updatedReplicas: updated,
    currentReplicas: complete ? total : total - updated,
    readyReplicas: readyNow,
    availableReplicas: readyNow,
    updateRevision: `${metadata.name}-${revisions.wanted}`,
    currentRevision: `${metadata.name}-${complete ? revisions.wanted : revisions.current}`,
    collisionCount: 0,
  };
}

function daemonSet(step: RolloutStep, _object: KubernetesObject, revisions: Revisions) {
  const { updated, ready } = pods(step, nodes, revisions);
  const readyNow = step === "complete" ? ready : Math.max(0, ready - 1);
  return {
    desiredNumberScheduled: nodes,
    currentNumberScheduled: nodes,
    updatedNumberScheduled: updated,
    numberReady: readyNow,
    numberAvailable: readyNow,
    numberUnavailable: nodes - readyNow,
  };
}
