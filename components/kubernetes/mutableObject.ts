import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Explanation, explained } from "../explain";
import { type Transform, transformed } from "../transform";

type Metadata = kubernetes.types.input.meta.v1.ObjectMeta;
type SecretArgs = kubernetes.core.v1.SecretArgs;
type ConfigMapArgs = kubernetes.core.v1.ConfigMapArgs;
type Named<Args> = Args & { metadata: Metadata };

/** How a Secret or ConfigMap of a component comes about. */
export interface MutableObjectOptions<Args extends object> {
  /** The component, or the provider where it is not the component's. */
  readonly options: pulumi.CustomResourceOptions;
  readonly transform?: Transform<Args> | undefined;
  /** What the API server may refuse, and the fix. */
  readonly explanations: readonly Explanation[];
  /** Whether an object that is there, and what another manager set of it, is taken over. @default false */
  readonly takeOver?: boolean | undefined;
  /** The keys of the data that it must have from its first moment; the others come with the patch alone, so that they can go again. @default all */
  readonly createdWith?: readonly string[] | undefined;
}

/** What a component created: the object, and what keeps its data. */
export interface MutableObject {
  readonly object: pulumi.CustomResource & {
    readonly metadata: pulumi.Output<kubernetes.types.output.meta.v1.ObjectMeta>;
  };
  /** Applied once the object is there; depend on it to come after the data. */
  readonly data: pulumi.CustomResource;
}

/**
 * A Secret whose data changes in place, whatever provider the user passes.
 *
 * The provider replaces a Secret whose data changed, and one with a name it deletes first. So the Secret itself only
 * stands for existence, type, labels and deletion, and ignores its data; every later data is applied by a patch.
 *
 * A create refuses an object that is there, so one that is taken over is a patch, too, which leaves it when it is deleted.
 * By its alias it becomes the object itself once `takeOver` is no longer set, and the other way round.
 */
export function mutableSecret(
  name: string,
  args: Named<SecretArgs>,
  how: MutableObjectOptions<SecretArgs>,
): MutableObject {
  const [, final, options] = childOf(name, args, how, "kubernetes secret");
  const first = withFirstData(final, how);
  const object = how.takeOver
    ? new kubernetes.core.v1.SecretPatch(name, first, takenOver(options, "Secret"))
    : new kubernetes.core.v1.Secret(name, first, aliased(options, "SecretPatch"));
  const { data, stringData, type } = final;
  const patch = { metadata: patchMetadata(final.metadata), data, stringData, type };
  return {
    object,
    data: new kubernetes.core.v1.SecretPatch(`${name}-data`, defined(patch), patchOptions(options, object)),
  };
}

/** A ConfigMap whose data changes in place, likewise. */
export function mutableConfigMap(
  name: string,
  args: Named<ConfigMapArgs>,
  how: MutableObjectOptions<ConfigMapArgs>,
): MutableObject {
  const [, final, options] = childOf(name, args, how, "kubernetes config map");
  const first = withFirstData(final, how);
  const object = how.takeOver
    ? new kubernetes.core.v1.ConfigMapPatch(name, first, takenOver(options, "ConfigMap"))
    : new kubernetes.core.v1.ConfigMap(name, first, aliased(options, "ConfigMapPatch"));
  const { data, binaryData } = final;
  const patch = { metadata: patchMetadata(final.metadata), data, binaryData };
  return {
    object,
    data: new kubernetes.core.v1.ConfigMapPatch(`${name}-data`, defined(patch), patchOptions(options, object)),
  };
}

const force = { "pulumi.com/patchForce": "true" };

function childOf<Args extends SecretArgs | ConfigMapArgs>(
  name: string,
  args: Named<Args>,
  { options, transform, explanations, takeOver = false }: MutableObjectOptions<Args>,
  kind: string,
): [name: string, args: Args, options: pulumi.CustomResourceOptions] {
  const own: Metadata = args.metadata;
  const forced = pulumi.output(own.annotations).apply((annotations) => ({ ...annotations, ...force }));
  const metadata = takeOver ? { ...own, annotations: forced } : own;
  const ignoreChanges = ["data", "stringData", "binaryData"];
  const final = explained(kind, explanations, { ...options, ignoreChanges });
  return transformed<Args>(transform, name, { ...args, metadata }, final);
}

function withFirstData<Args extends SecretArgs | ConfigMapArgs>(
  args: Args,
  { createdWith }: MutableObjectOptions<Args>,
): Args {
  if (createdWith === undefined || args.data === undefined) return args;
  const first = pulumi
    .output(args.data)
    .apply((data) => Object.fromEntries(Object.entries(data ?? {}).filter(([key]) => createdWith.includes(key))));
  return { ...args, data: first };
}

function aliased(options: pulumi.CustomResourceOptions, kind: string): pulumi.CustomResourceOptions {
  return { ...options, aliases: [...(options.aliases ?? []), { type: `kubernetes:core/v1:${kind}` }] };
}

function takenOver(options: pulumi.CustomResourceOptions, kind: string): pulumi.CustomResourceOptions {
  return { ...aliased(options, kind), retainOnDelete: true };
}

/** Name and namespace as they are after the transform. The object is ours by now, so its data may be forced. */
function patchMetadata(metadata: SecretArgs["metadata"]): kubernetes.types.input.meta.v1.ObjectMetaPatch {
  // Each by itself: a namespace that is not known yet must not hide the name.
  const { name, namespace } = pulumi.output(metadata ?? {}) as pulumi.Output<{ name: string; namespace: string }>;
  return { name, namespace, annotations: force };
}

/** Deleting a patch gives up its fields, which the API server refuses of those that an object must have. */
function patchOptions(
  { ignoreChanges: _, ...options }: pulumi.CustomResourceOptions,
  object: pulumi.CustomResource,
): pulumi.CustomResourceOptions {
  return { ...options, dependsOn: [object], retainOnDelete: true };
}

function defined<Args extends object>(args: { [Name in keyof Args]: Args[Name] | undefined }): Args {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as Args;
}
