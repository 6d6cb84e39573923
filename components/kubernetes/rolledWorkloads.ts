import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { explained } from "../explain";
import { refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { workloadExplanations } from "./explanations";
import { placed } from "./names";

/** A workload whose pods read the secret only when they start. */
export interface WorkloadArgs {
  /** What it is. Changing it **restarts** the other one. */
  kind: "Deployment" | "StatefulSet" | "DaemonSet";
  /** Its name. Changing it **restarts** the other one. */
  name: pulumi.Input<string>;
  /** Its namespace. Changing it **restarts** the other one. @default that of the secret */
  namespace?: pulumi.Input<string>;
}

/** The arguments of what restarts a workload. */
export interface WorkloadPatchArgs {
  /** Which workload. */
  metadata: pulumi.Input<kubernetes.types.input.meta.v1.ObjectMetaPatch>;
  /** Its pod template, of which only the annotations are set. */
  spec: { template: pulumi.Input<kubernetes.types.input.core.v1.PodTemplateSpecPatch> };
}

const kinds: readonly string[] = ["Deployment", "StatefulSet", "DaemonSet"] satisfies WorkloadArgs["kind"][];

/** All three take these arguments. */
type WorkloadPatch = new (
  name: string,
  args: WorkloadPatchArgs,
  options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** What the rolls of a component share. */
export interface RollOptions {
  readonly parent: pulumi.Resource;
  /** The namespace of the secret. */
  readonly namespace: pulumi.Input<string> | undefined;
  /** What the pod templates get; it must depend on what holds the new certificate. */
  readonly podAnnotations: pulumi.Output<Record<string, string>>;
  readonly transform: Transform<WorkloadPatchArgs> | undefined;
}

/**
 * Restarts workloads whenever the annotations change, by putting them into their pod templates, and waits until the
 * new pods are ready. Deleting it leaves the annotations, so that nothing restarts.
 */
export function rolledWorkloads(
  name: string,
  workloads: readonly WorkloadArgs[],
  { parent, namespace, podAnnotations, transform }: RollOptions,
): pulumi.CustomResource[] {
  refuseTwice(workloads);
  return workloads.map((workload, index) => {
    const property = `roll[${index}]`;
    if (!kinds.includes(workload.kind))
      throw refusal(
        `${property}.kind`,
        `"${String(workload.kind)}" cannot be restarted.`,
        `Give one of ${kinds.join(", ")}.`,
      );
    const place = placed(workload.name, workload.namespace ?? namespace, {
      name: `${property}.name`,
      namespace: `${property}.namespace`,
    });
    const args: WorkloadPatchArgs = {
      metadata: { ...place, annotations: { "pulumi.com/patchForce": "true" } },
      spec: { template: { metadata: { annotations: podAnnotations } } },
    };
    const options = explained("kubernetes workload", workloadExplanations, { parent, retainOnDelete: true });
    const what = typeof workload.name === "string" ? workload.name : index;
    const child = `${name}-roll-${workload.kind.toLowerCase()}-${what}`;
    const Patch: WorkloadPatch = kubernetes.apps.v1[`${workload.kind}Patch`];
    return new Patch(...transformed(transform, child, args, options));
  });
}

function refuseTwice(workloads: readonly WorkloadArgs[]): void {
  const seen = new Set<string>();
  for (const [index, { kind, name, namespace }] of workloads.entries()) {
    if (typeof name !== "string" || (namespace !== undefined && typeof namespace !== "string")) continue;
    const key = `${kind} ${namespace ?? ""}/${name}`;
    if (seen.has(key))
      throw refusal(`roll[${index}]`, `${kind} "${name}" stands there twice.`, "Name each workload once.");
    seen.add(key);
  }
}
