import type { KubernetesObject } from "../../kubernetes/client";
import type { Cluster } from "./cluster";

/** What the provider watches in the namespace while it waits for an object, besides the objects of its kind. */
const besides: Readonly<Record<string, readonly (readonly [apiVersion: string, kind: string])[]>> = {
  "apps/v1/Deployment": [
    ["apps/v1", "ReplicaSet"],
    ["v1", "Pod"],
    ["v1", "PersistentVolumeClaim"],
  ],
  "apps/v1/StatefulSet": [["v1", "Pod"]],
  "apps/v1/DaemonSet": [["v1", "Pod"]],
  "networking.k8s.io/v1/Ingress": [
    ["v1", "Endpoints"],
    ["v1", "Service"],
  ],
};

/**
 * Fails where the user may not list and watch what the provider does (the informers of provider/pkg/await). The provider
 * says nothing of it and waits until its timeout; a test is to see which right is missing.
 */
export async function assertWatchable(
  cluster: Cluster,
  { apiVersion = "", kind = "", metadata }: KubernetesObject,
): Promise<void> {
  for (const [version, watched] of [[apiVersion, kind] as const, ...(besides[`${apiVersion}/${kind}`] ?? [])])
    await cluster.assertWatchable(version, watched, metadata.namespace ?? "default");
}
