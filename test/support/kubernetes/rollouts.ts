import { createHash } from "node:crypto";
import type { ApiServer } from "./apiServer";
import { accepted, type KubernetesObject } from "./client";
import { type RolloutStep, rolloutStatus, type WorkloadKind } from "./rolloutStatus";
import { watchCollection, type WatchEvent } from "./watch";

/** Plays the controllers of workloads: every rollout goes from progressing to complete, without a pod. */
export interface Rollouts {
  /** How often the pods of a workload would have been made; its creation is the first time. */
  count(kind: WorkloadKind, namespace: string, name: string): number;
  /** Its rollouts get stuck from now on; that of a deployment exceeds its deadline. */
  fail(kind: WorkloadKind, namespace: string, name: string): void;
  /** They complete again, and so does the one that is stuck. */
  mend(kind: WorkloadKind, namespace: string, name: string): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

const plurals = { Deployment: "deployments", StatefulSet: "statefulsets", DaemonSet: "daemonsets" } as const;
const kinds = Object.keys(plurals) as WorkloadKind[];
const revisionAnnotation = "deployment.kubernetes.io/revision";

/** One workload, as its controller remembers it. */
interface Workload {
  rollouts: number;
  fails: boolean;
  /** Of the pods that it has, and of those that it is to have. */
  current: string;
  wanted: string;
  latest: KubernetesObject | undefined;
  /** The generation whose status was written. */
  written: number;
  /** What its controller does, one thing after the other. */
  work: Promise<void>;
}

export async function runRollouts(server: ApiServer): Promise<Rollouts> {
  const client = server.client({ name: "system:kube-controller-manager", groups: ["system:masters"] });
  const workloads = new Map<string, Workload>();
  let failure: unknown;

  const workloadOf = (kind: WorkloadKind, namespace: string, name: string): Workload => {
    const key = `${kind} ${namespace}/${name}`;
    const known = workloads.get(key);
    if (known !== undefined) return known;
    const made = {
      rollouts: 0,
      fails: false,
      current: "",
      wanted: "",
      latest: undefined,
      written: 0,
      work: Promise.resolve(),
    };
    workloads.set(key, made);
    return made;
  };

  /** Undefined where the workload was deleted meanwhile. */
  const patch = async (path: string, change: object): Promise<KubernetesObject | undefined> => {
    const headers = { "content-type": "application/merge-patch+json" };
    const answer = await client.request("PATCH", `${path}?fieldManager=kube-controller-manager`, change, headers);
    return answer.status === 404 ? undefined : accepted(path, answer);
  };

  const roll = async (kind: WorkloadKind, workload: Workload): Promise<void> => {
    if (workload.latest === undefined) return; // it was deleted meanwhile
    if (workload.latest.metadata.generation! <= workload.written) return;
    let { latest } = workload;
    const { metadata, spec } = latest;
    const path = `/apis/apps/v1/namespaces/${metadata.namespace}/${plurals[kind]}/${metadata.name}`;
    const revision = createHash("sha256").update(JSON.stringify(spec.template)).digest("hex").slice(0, 10);
    if (revision !== workload.wanted) {
      workload.wanted = revision;
      workload.rollouts++;
    }
    const number = String(workload.rollouts);
    if (kind === "Deployment" && metadata.annotations?.[revisionAnnotation] !== number) {
      // Makes a new generation, as any change of a deployment's annotations does.
      const noted = await patch(path, { metadata: { annotations: { [revisionAnnotation]: number } } });
      if (noted === undefined) return;
      latest = noted;
    }
    workload.written = latest.metadata.generation!;
    const write = (step: RolloutStep) =>
      patch(`${path}/status`, { status: rolloutStatus(kind, step, latest, workload) });
    if (workload.current !== revision) await write("progressing");
    if (!workload.fails) workload.current = revision;
    await write(workload.fails ? "stuck" : "complete");
  };

  const enqueue = (kind: WorkloadKind, workload: Workload): void => {
    workload.work = workload.work
      .then(() => roll(kind, workload))
      .catch((error: unknown) => {
        failure ??= error;
      });
  };

  const onEvent = (kind: WorkloadKind, { type, object }: WatchEvent): void => {
    const { namespace = "", name, generation } = object.metadata;
    const workload = workloadOf(kind, namespace, name);
    if (type === "DELETED") Object.assign(workload, { current: "", wanted: "", latest: undefined, written: 0 });
    else if (workload.latest === undefined || workload.latest.metadata.generation! < generation!) {
      workload.latest = object;
      enqueue(kind, workload);
    }
  };

  const watches = await Promise.all(
    kinds.map((kind) => watchCollection(client, `/apis/apps/v1/${plurals[kind]}`, (event) => onEvent(kind, event))),
  );
  const idle = async (): Promise<void> => {
    await Promise.all([...workloads.values()].map(({ work }) => work));
    for (const error of [failure, ...watches.map((watch) => watch.failure())]) if (error !== undefined) throw error;
  };
  return {
    count: (kind, namespace, name) => workloadOf(kind, namespace, name).rollouts,
    fail: (kind, namespace, name) => (workloadOf(kind, namespace, name).fails = true),
    mend: (kind, namespace, name) => {
      const workload = workloadOf(kind, namespace, name);
      workload.fails = false;
      workload.written = 0;
      enqueue(kind, workload);
    },
    idle,
    stop: async () => {
      await Promise.all(watches.map((watch) => watch.stop()));
      await idle();
    },
  };
}
