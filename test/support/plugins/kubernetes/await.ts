import type { KubernetesObject } from "../../kubernetes/client";
import { type Cluster, type Manifest, StatusError } from "./cluster";
import { annotation } from "./inputs";
import { assertWatchable } from "./watched";

/** An object that is there and does not become ready: what the provider says, and why. */
export class NotReady extends Error {
  constructor(
    message: string,
    readonly object: KubernetesObject,
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}

export interface Waiting {
  /** `customTimeouts`; 0 where there are none. */
  readonly timeout: number;
  readonly defaultTimeout: number;
  readonly cancelled: AbortSignal;
}

/** What is still missing, in the provider's words; empty when an object is ready. */
type Missing = (cluster: Cluster, object: KubernetesObject, waitedMs: number) => string[] | Promise<string[]>;

/** Waits as the provider does after a create or an update. */
export async function awaitReady(
  cluster: Cluster,
  inputs: Manifest,
  object: KubernetesObject,
  waiting: Waiting,
): Promise<KubernetesObject> {
  const missing = awaitedCondition(inputs) ?? readiness[`${object.apiVersion}/${object.kind}`];
  if (missing === undefined || annotation(inputs, "pulumi.com/skipAwait") === "true") return cluster.get(object);
  const seconds = waiting.timeout || Number(annotation(inputs, "pulumi.com/timeoutSeconds") ?? waiting.defaultTimeout);
  const start = Date.now();
  await assertWatchable(cluster, object).catch((error: Error) => {
    throw new NotReady(error.message, object, []);
  });
  for (;;) {
    const live = await cluster.get(object);
    const reasons = await missing(cluster, live, Date.now() - start);
    if (reasons.length === 0) return live;
    if (waiting.cancelled.aborted)
      throw new NotReady(`Resource operation was cancelled for "${live.metadata.name}"`, live, reasons);
    if (Date.now() - start > seconds * 1000)
      throw new NotReady(`'${live.metadata.name}' timed out waiting to be Ready`, live, reasons);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a refresh says of an object that is not ready; undefined where it is. */
export async function unreadyAtRead(
  cluster: Cluster,
  inputs: Manifest,
  live: KubernetesObject,
): Promise<NotReady | undefined> {
  const missing = readiness[`${live.apiVersion}/${live.kind}`];
  if (missing === undefined || annotation(inputs, "pulumi.com/skipAwait") === "true") return undefined;
  const reasons = await missing(cluster, live, Number.POSITIVE_INFINITY);
  if (reasons.length === 0) return undefined;
  return new NotReady(`Resource '${live.metadata.name}' was created but failed to initialize`, live, reasons);
}

/** Waits until an object is gone, which its finalizers can delay. */
export async function awaitDeleted(
  cluster: Cluster,
  object: Manifest,
  { timeout, defaultTimeout, cancelled }: Waiting,
): Promise<void> {
  const end = Date.now() + (timeout || defaultTimeout) * 1000;
  for (;;) {
    const live = await cluster.get(object).catch((error: unknown) => {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    });
    if (live === undefined) return;
    const name = live.metadata.name;
    if (cancelled.aborted) throw new NotReady(`Resource operation was cancelled for "${name}"`, live, []);
    if (Date.now() > end)
      throw new NotReady(`'${name}' timed out waiting to be Ready`, live, [
        `Timed out waiting for deletion of ${object["apiVersion"]}/${object["kind"]} "${name}"`,
      ]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `pulumi.com/waitFor: condition=Ready`. Follows provider/pkg/await/condition, of which it is one form of several. */
function awaitedCondition(inputs: Manifest): Missing | undefined {
  const [, type] = /^condition=(\w+)$/.exec(annotation(inputs, "pulumi.com/waitFor") ?? "") ?? [];
  if (type === undefined) return undefined;
  return (_cluster, { status }) => {
    const conditions: Record<string, string>[] = status?.conditions ?? [];
    const found = conditions.find((one) => one["type"] === type);
    return found?.["status"] === "True" ? [] : [`Waiting for "${type}"${found ? `: ${found["message"]}` : ""}`];
  };
}

const observed = ({ metadata, status }: KubernetesObject): boolean =>
  status?.observedGeneration === metadata.generation;

/**
 * Follows provider/pkg/await/deployment.go; where its replica sets are asked for their pods, the counts of the
 * deployment itself are, since no controller makes replica sets here.
 */
const deployment: Missing = (_cluster, object) => {
  if (!observed(object)) return ["Minimum number of live Pods was not attained"];
  const conditions: Record<string, string>[] = object["status"].conditions ?? [];
  const condition = (type: string) => conditions.find((one) => one["type"] === type);
  const failed = ["Progressing", "Available"]
    .map(condition)
    .filter((one) => one !== undefined && one["status"] !== "True")
    .map((one) => `[${one!["reason"]}] ${one!["message"]}`);
  if (condition("Available")?.["status"] !== "True") return [...failed, "Minimum number of live Pods was not attained"];
  const progressing = condition("Progressing");
  if (progressing?.["status"] !== "True" || progressing["reason"] !== "NewReplicaSetAvailable")
    return [...failed, "Minimum number of Pods to consider the application live was not attained"];
  const { updatedReplicas = 0, unavailableReplicas = 0 } = object["status"];
  if (updatedReplicas === (object["spec"].replicas ?? 1) && unavailableReplicas === 0) return [];
  return ["Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"];
};

/** Follows provider/pkg/await/statefulset.go; that the status is of this generation is asked besides. */
const statefulSet: Missing = (_cluster, object) => {
  const { replicas: wanted = 1, updateStrategy } = object["spec"];
  const {
    replicas = 0,
    readyReplicas = 0,
    currentReplicas = 0,
    currentRevision,
    updateRevision,
  } = object["status"] ?? {};
  const onDelete = (object.metadata.generation ?? 0) > 1 && updateStrategy?.type === "OnDelete";
  const ready = replicas === wanted && readyReplicas === wanted && (onDelete || currentReplicas === wanted);
  const revision = onDelete || (currentRevision !== undefined && currentRevision === updateRevision);
  return [
    ...(ready && observed(object) ? [] : [`${readyReplicas} out of ${wanted} replicas succeeded readiness checks`]),
    ...(revision
      ? []
      : [
          `StatefulSet controller failed to advance from revision "${currentRevision}" to revision "${updateRevision}"`,
        ]),
  ];
};

/** Follows sigs.k8s.io/cli-utils pkg/kstatus/status, which provider/pkg/await/daemonset.go asks. */
const daemonSet: Missing = (_cluster, object) => {
  const {
    desiredNumberScheduled: desired = -1,
    currentNumberScheduled = 0,
    updatedNumberScheduled = 0,
    numberAvailable = 0,
    numberReady = 0,
  } = object["status"] ?? {};
  if (!observed(object))
    return [
      `${object.kind} generation is ${object.metadata.generation}, but latest observed generation is ${object["status"]?.observedGeneration ?? 0}`,
    ];
  if (desired === -1) return ["Missing .status.desiredNumberScheduled"];
  const counts = {
    Current: currentNumberScheduled,
    Updated: updatedNumberScheduled,
    Available: numberAvailable,
    Ready: numberReady,
  };
  const short = Object.entries(counts).find(([, count]) => count < desired);
  return short === undefined ? [] : [`${short[0]}: ${short[1]}/${desired}`];
};

/** Follows provider/pkg/await/ingress.go: an address, and endpoints of each service, which it waits for a minute. */
const ingress: Missing = async (cluster, object, waitedMs) => {
  const names: string[] = (object["spec"].rules ?? [])
    .flatMap((rule: any) => rule.http?.paths ?? [])
    .flatMap((path: any) => path.backend?.service?.name ?? []);
  const namespace = object.metadata.namespace ?? "default";
  const settled = waitedMs > 60_000 || names.length === 0;
  const known = settled
    ? names
    : [
        ...(await cluster.list("v1", "Endpoints", namespace)).map(({ metadata }) => metadata.name),
        ...(await cluster.list("v1", "Service", namespace))
          .filter(({ spec }) => spec.type === "ExternalName")
          .map(({ metadata }) => metadata.name),
      ];
  return [
    ...(names.every((name) => known.includes(name))
      ? []
      : ["Ingress has at least one rule with an unavailable target endpoint."]),
    ...((object["status"]?.loadBalancer?.ingress ?? []).length > 0
      ? []
      : ["Ingress .status.loadBalancer field was not updated with a hostname/IP address."]),
  ];
};

const readiness: Readonly<Record<string, Missing>> = {
  "apps/v1/Deployment": deployment,
  "apps/v1/StatefulSet": statefulSet,
  "apps/v1/DaemonSet": daemonSet,
  "networking.k8s.io/v1/Ingress": ingress,
};
