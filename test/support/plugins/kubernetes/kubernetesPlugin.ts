import type { Difference, Plugin } from "../plugin";
import { type PropertyValues, computed } from "../propertyValues";
import { check, diff } from "./checkAndDiff";
import { Cluster } from "./cluster";
import { Connection } from "./connection";
import { createResource, deleteResource, readResource, updateResource } from "./resources";

export interface KubernetesPluginOptions {
  /** How long a rollout, an Ingress or a deletion is waited for where a resource does not say it, in seconds. @default 600, as the provider */
  readonly defaultTimeout?: number;
  /** Before a create that met no namespace or definition is tried again. @default 100; the provider waits a second */
  readonly firstPauseMs?: number;
}

/**
 * A stand-in for pulumi-resource-kubernetes 4.34, which cannot be had here: one resource for every kind, custom ones and
 * Patches included, on a real API server. It follows the provider's source, github.com/pulumi/pulumi-kubernetes
 * provider/pkg/{provider,await,metadata,kinds,ssa}, where each part of it says which. Left out are Helm, YAML rendering,
 * `generateName`, the checks against OpenAPI schemas, and the readiness of pods, jobs and services.
 */
export function kubernetesPlugin(options: KubernetesPluginOptions = {}): Plugin {
  return {
    version: "4.34.2",
    acceptsSecrets: true,
    diffConfig: (olds, news) => providerDifference(olds, news),
    configure: async (configuration) => {
      const enabled = (name: string, otherwise: boolean) => (configuration[name] ?? String(otherwise)) === "true";
      const connection = new Connection(
        configuration["namespace"] || undefined,
        { secrets: enabled("enableSecretMutable", false), configMaps: enabled("enableConfigMapMutable", false) },
        {
          serverSideApply: enabled("enableServerSideApply", true),
          upsertExisting: enabled("upsertExistingObjects", false),
          patchForce: configuration["enablePatchForce"] === undefined ? undefined : enabled("enablePatchForce", false),
          firstPauseMs: options.firstPauseMs ?? 100,
        },
        options.defaultTimeout ?? 600,
      );
      await connection.connect(configuration["kubeconfig"], configuration["context"]);
      return {
        check: (call) => check(connection, call),
        diff: (call) => diff(connection, call),
        create: (call) => createResource(connection, call),
        update: (call) => updateResource(connection, call),
        delete: (call) => deleteResource(connection, call),
        read: (call) => readResource(connection, call),
      };
    },
  };
}

/**
 * Another cluster, or one that a preview does not know, replaces the provider and so all its objects. Follows
 * provider/pkg/provider/provider.go (`DiffConfig`).
 */
function providerDifference(olds: PropertyValues, news: PropertyValues): Difference {
  const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((key) => olds[key] !== news[key]);
  const identifier = [olds["clusterIdentifier"], news["clusterIdentifier"]];
  const identified = identifier[1] !== undefined && identifier[0] === identifier[1];
  const clusterOf = ({ kubeconfig, context }: PropertyValues) => {
    try {
      return Cluster.of(kubeconfig, context).description;
    } catch {
      return undefined; // the first resource that needs it says why
    }
  };
  const [old, now] = [clusterOf(olds), clusterOf(news)];
  const moved = old !== undefined && now !== undefined && old !== now;
  const replaces = (key: string) => {
    if (identified) return false;
    if (key === "clusterIdentifier") return identifier.every((one) => one !== undefined);
    return ["kubeconfig", "context", "cluster"].includes(key) && (moved || news[key] === computed);
  };
  const changes = changed.map((key) => [key, { kind: "update", inputDiff: true, replaces: replaces(key) }]);
  return { changes: Object.fromEntries(changes) };
}
