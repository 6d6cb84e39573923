import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { explained } from "../../explain";
import { type Transform, transformed } from "../../transform";
import { gatewayExplanations } from "../explanations";

type CustomResourcePatch = kubernetes.apiextensions.CustomResourcePatch;
type CustomResourcePatchArgs = kubernetes.apiextensions.CustomResourcePatchArgs;

/** How listeners come to a Gateway of another owner. */
export interface GatewayBindingArgs {
  readonly parent: pulumi.Resource;
  readonly dependsOn: pulumi.Resource[];
  /** Name and namespace of the Gateway. */
  readonly place: { name: pulumi.Input<string>; namespace?: pulumi.Input<string> };
  readonly listeners: pulumi.Output<object[]>;
  readonly takeOver: boolean;
  readonly transform: Transform<CustomResourcePatchArgs> | undefined;
}

/**
 * Listeners on a Gateway that has others.
 *
 * The provider compares lists by position, so a listener beside others would show as changed in every preview. So the
 * patch ignores them, and is applied anew when they change: under the same field manager, which changes them in place.
 * It is never deleted itself. The claim holds that field manager, and when it is deleted the listeners go.
 */
export function boundListeners(name: string, binding: GatewayBindingArgs): CustomResourcePatch {
  const { parent, dependsOn, place, listeners, takeOver, transform } = binding;
  const kind = { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway" };
  const owner = [pulumi.getProject(), pulumi.getStack(), name].join("/");
  const manager = `pulumi-certificates-${createHash("sha256").update(owner).digest("hex").slice(0, 12)}`;
  const annotations = { "pulumi.com/patchFieldManager": manager };
  const claim = new kubernetes.apiextensions.CustomResourcePatch(
    `${name}-claim`,
    { ...kind, metadata: { ...place, annotations } },
    explained("kubernetes gateway", gatewayExplanations, {
      ...{ parent, dependsOn },
      ignoreChanges: ["metadata.annotations"],
    }),
  );
  const force = takeOver ? { "pulumi.com/patchForce": "true" } : {};
  const [, args, options] = transformed<CustomResourcePatchArgs>(
    transform,
    name,
    { ...kind, metadata: { ...place, annotations: { ...annotations, ...force } }, spec: { listeners } },
    explained("kubernetes gateway", gatewayExplanations, {
      ...{ parent, dependsOn: [claim] },
      ignoreChanges: ["spec", "metadata.annotations"],
      retainOnDelete: true,
    }),
  );
  const replacementTrigger = pulumi.output(args["spec"] as object).apply((spec) => JSON.stringify({ spec, takeOver }));
  return new kubernetes.apiextensions.CustomResourcePatch(name, args, { ...options, replacementTrigger });
}
