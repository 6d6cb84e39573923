import type { KubernetesObject } from "../../kubernetes/client";
import type { Cluster, Manifest } from "./cluster";
import { isObject } from "./inputs";

/** One entry of `metadata.managedFields` (kubernetes.io/docs/reference/using-api/server-side-apply). */
interface ManagedFields {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly subresource?: string;
  readonly fieldsV1?: Manifest;
}

const managedFieldsOf = (object: KubernetesObject): ManagedFields[] =>
  (object.metadata as { managedFields?: ManagedFields[] }).managedFields ?? [];

/**
 * What a client-side create or kubectl has set becomes what this manager applies, so that the next apply meets no
 * conflict. Follows provider/pkg/await/await.go (`fixCSAFieldManagers`) and fluxcd/pkg/ssa (`PatchReplaceFieldsManagers`).
 */
export async function takeOverClientSide(
  cluster: Cluster,
  live: KubernetesObject,
  manager: string,
): Promise<KubernetesObject> {
  const migrated = (entry: ManagedFields) =>
    entry.subresource === undefined &&
    ((entry.operation === "Apply" && entry.manager.startsWith("kubectl")) ||
      (entry.operation === "Update" &&
        ["kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes"].some((prefix) =>
          entry.manager.startsWith(prefix),
        )));
  const entries = managedFieldsOf(live);
  const ours = (entry: ManagedFields) => entry.manager === manager && entry.operation === "Apply";
  const taken = entries.filter(migrated);
  if (taken.length === 0) return live;
  const base = entries.find(ours) ?? { ...taken[0]!, manager, operation: "Apply" as const };
  const fieldsV1 = [base, ...taken].reduce<Manifest>((all, entry) => merged(all, entry.fieldsV1 ?? {}), {});
  const managedFields = [...entries.filter((entry) => !migrated(entry) && !ours(entry)), { ...base, fieldsV1 }];
  const patch = [
    { op: "replace", path: "/metadata/managedFields", value: managedFields },
    { op: "replace", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
  ];
  return cluster.patch(live, patch, {}, "json-patch+json");
}

/**
 * The inputs of an apply where properties are ignored: what others manage is left out, what this manager has keeps its
 * live value. Follows provider/pkg/await/await.go (`handleSSAIgnoreFields`), also in that it takes a path apart at dots.
 */
export function withoutForeignFields(
  inputs: Manifest,
  live: KubernetesObject,
  manager: string,
  ignored: readonly string[],
): Manifest {
  const fields = (own: boolean) =>
    managedFieldsOf(live)
      .filter((entry) => (entry.manager === manager) === own)
      .reduce<Manifest>((all, entry) => merged(all, entry.fieldsV1 ?? {}), {});
  const [theirs, ours] = [fields(false), fields(true)];
  return ignored.reduce((result, property) => {
    const path = property.split(".");
    const manages = (managed: Manifest) =>
      at(
        managed,
        path.map((name) => `f:${name}`),
      ) !== undefined;
    if (manages(theirs) && !manages(ours)) return withValue(result, path, undefined);
    const value = at(live, path);
    return value === undefined ? result : withValue(result, path, value);
  }, inputs);
}

/** Whether an apply overwrites what others manage. Follows provider/pkg/await/await.go (`patchForce`). */
export function isForced(
  annotated: boolean,
  enabled: boolean | undefined,
  live: KubernetesObject | undefined,
  preview: boolean,
): boolean {
  if (annotated) return true;
  if (enabled !== undefined) return enabled;
  if (preview && live === undefined) return true;
  const clientSide = /^(pulumi-kubernetes|pulumi-resource-kubernetes)/;
  const entries = live === undefined ? [] : managedFieldsOf(live);
  if (preview && entries.some(({ manager, operation }) => operation === "Update" && clientSide.test(manager)))
    return true;
  return live !== undefined && entries.length === 0;
}

function merged(left: Manifest, right: Manifest): Manifest {
  const both = Object.entries(right).map(([key, value]) => {
    const other: unknown = left[key];
    return [key, isObject(other) && isObject(value) ? merged(other, value) : value];
  });
  return { ...left, ...Object.fromEntries(both) };
}

const at = (object: Manifest, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), object);

function withValue(object: Manifest, [key = "", ...rest]: readonly string[], value: unknown): Manifest {
  if (rest.length > 0) {
    const inner: unknown = object[key];
    if (!isObject(inner) && value === undefined) return object;
    return { ...object, [key]: withValue(isObject(inner) ? inner : {}, rest, value) };
  }
  const { [key]: _previous, ...others } = object;
  return value === undefined ? others : { ...others, [key]: value };
}
