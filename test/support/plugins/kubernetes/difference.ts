import type { PropertyChange } from "../plugin";
import { computed } from "../propertyValues";
import type { Manifest } from "./cluster";
import { isObject } from "./inputs";

type Path = readonly (string | number)[];
type Changes = Record<string, PropertyChange>;

/**
 * What changes between the pruned live state and the new inputs, and what of it replaces the object. Follows
 * pulumi-kubernetes provider/pkg/provider/provider.go (`convertPatchToDiff`) and diff.go (`forceNew`).
 *
 * @param forceNew property paths; `*` is every element of a list.
 */
export function changesOf(old: Manifest, news: Manifest, forceNew: readonly string[]): Changes {
  const changes: Changes = {};
  const rules = forceNew.map((rule) => rule.split("."));
  const record = (path: Path, kind: PropertyChange["kind"], value: unknown): void => {
    const replaces = rules.some((rule) => touches(rule, path, value));
    changes[pathText(path)] = { kind, replaces, inputDiff: kind === "delete" };
  };
  const compare = (path: Path, before: unknown, after: unknown): void => {
    if (after === undefined) return record(path, "delete", null);
    if (before === undefined) return record(path, "add", after);
    if (isObject(before) && isObject(after)) {
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
        compare([...path, key], before[key], after[key]);
    } else if (Array.isArray(before) && Array.isArray(after)) {
      for (let at = 0; at < Math.max(before.length, after.length); at++) compare([...path, at], before[at], after[at]);
    } else if (before !== after || after === computed) record(path, "update", after);
  };
  for (const key of new Set([...Object.keys(old), ...Object.keys(news)])) compare([key], old[key], news[key]);
  return changes;
}

/** Without the changes at these property paths and below them. */
export function withoutIgnored(changes: Changes, ignored: readonly string[]): Changes {
  const isIgnored = (path: string) =>
    ignored.some((prefix) => path === prefix || (/^[.[]/.test(path.slice(prefix.length)) && path.startsWith(prefix)));
  return Object.fromEntries(Object.entries(changes).filter(([path]) => !isIgnored(path)));
}

export interface Mutability {
  readonly secrets: boolean;
  readonly configMaps: boolean;
}

/** The properties whose change replaces the object. */
export function forceNewOf(manifest: Manifest, patch: boolean, mutable: Mutability): string[] {
  const identity = ["metadata.name", "metadata.namespace"];
  if (patch) return identity;
  const { apiVersion, kind, immutable } = manifest;
  const type = `${apiVersion}/${kind}`;
  // With `enableSecretMutable` data changes in place; the type still cannot.
  if (type === "v1/Secret")
    return [...identity, "type", ...(mutable.secrets && immutable !== true ? [] : ["data", "stringData"])];
  if (type === "v1/ConfigMap")
    return [...identity, ...(mutable.configMaps && immutable !== true ? [] : ["data", "binaryData"])];
  return [...identity, ...(ofKind[type] ?? [])];
}

/** Of kinds that programs with certificates have. */
const ofKind: Readonly<Record<string, readonly string[]>> = {
  "apps/v1/DaemonSet": ["spec.selector"],
  "apps/v1/Deployment": ["spec.selector"],
  "apps/v1/StatefulSet": [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "batch/v1/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/v1/RoleBinding": ["roleRef"],
  "v1/Service": ["spec.clusterIP"],
};

/** Whether a change at the path, to the value, is at the property, below it, or holds it. */
function touches(rule: readonly string[], path: Path, value: unknown): boolean {
  const common = Math.min(rule.length, path.length);
  for (let at = 0; at < common; at++) if (rule[at] !== path[at]) return false;
  return (
    rule.slice(common).reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value) !== undefined
  );
}

function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (/[."[\]]/.test(key)) return `${text}["${key.replaceAll('"', '\\"')}"]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
