import type { KubernetesObject } from "../../kubernetes/client";
import { type Waiting, awaitDeleted, awaitReady } from "./await";
import { type Cluster, type Manifest, NoMatch, StatusError } from "./cluster";
import { isForced, takeOverClientSide, withoutForeignFields } from "./fieldManagers";
import { annotation, isObject } from "./inputs";

/** How one provider writes, after its configuration. */
export interface Writing {
  readonly serverSideApply: boolean;
  readonly upsertExisting: boolean;
  readonly patchForce: boolean | undefined;
  /** Before the second try of a create; each further pause is twice as long. The provider's is a second. */
  readonly firstPauseMs: number;
}

export interface Written {
  readonly inputs: Manifest;
  readonly fieldManager: string;
  readonly preview: boolean;
  /** A Patch resource: some fields of an object that others make. */
  readonly patch: boolean;
}

/**
 * Creates an object, or applies a Patch. Since 4.29 a create does not take over an object that is there, unless
 * `upsertExistingObjects`. Follows provider/pkg/await/await.go (`Creation`) and pulumi/pulumi-kubernetes#4278.
 */
export async function create(
  cluster: Cluster,
  writing: Writing,
  written: Written,
  waiting: Waiting,
): Promise<KubernetesObject> {
  const { inputs, preview, patch } = written;
  const apply = writing.serverSideApply && (patch || writing.upsertExisting);
  const once = () =>
    apply
      ? serverSideApply(cluster, writing, written, undefined)
      : cluster.create(inputs, { fieldManager: written.fieldManager, dryRun: preview });
  const created = await retried(once, writing.firstPauseMs, preview);
  return preview ? created : awaitReady(cluster, inputs, created, waiting);
}

/** Follows provider/pkg/await/await.go (`Update`). */
export async function update(
  cluster: Cluster,
  writing: Writing,
  written: Written & { oldInputs: Manifest; ignoreChanges: readonly string[] },
  waiting: Waiting,
): Promise<KubernetesObject> {
  const { inputs, fieldManager, preview } = written;
  const live = await cluster.get(inputs);
  const field = { fieldManager, dryRun: preview };
  let updated: KubernetesObject;
  if (inputs["kind"] === "CustomResourceDefinition") {
    const { resourceVersion } = live.metadata;
    updated = await cluster.replace({ ...inputs, metadata: { ...inputs["metadata"], resourceVersion } }, field);
  } else if (writing.serverSideApply) {
    const owned = written.patch || preview ? live : await takeOverClientSide(cluster, live, fieldManager);
    const applied = withoutForeignFields(inputs, owned, fieldManager, written.ignoreChanges);
    updated = await serverSideApply(cluster, writing, { ...written, inputs: applied }, owned);
  } else {
    updated = await cluster.patch(inputs, mergePatch(written.oldInputs, inputs), field, "merge-patch+json");
  }
  return preview ? updated : awaitReady(cluster, inputs, updated, waiting);
}

/** Deletes an object, or gives up the fields of a Patch. Follows provider/pkg/await/await.go (`Deletion`) and pkg/ssa. */
export async function remove(
  cluster: Cluster,
  live: Manifest,
  inputs: Manifest,
  relinquishing: string | undefined,
  waiting: Waiting,
): Promise<void> {
  try {
    if (relinquishing !== undefined) return await relinquish(cluster, live, relinquishing);
    await cluster.delete(live, annotation(inputs, "pulumi.com/deletionPropagationPolicy") ?? "Foreground");
    await awaitDeleted(cluster, live, waiting);
  } catch (error) {
    if (error instanceof NoMatch || (error instanceof StatusError && error.code === 404 && relinquishing === undefined))
      return;
    const required =
      error instanceof StatusError
        ? error.details.causes?.find(({ reason }) => reason === "FieldValueRequired")
        : undefined;
    if (relinquishing === undefined || required === undefined) throw error;
    throw new Error(
      "this Patch resource is currently managing a required field, so it can't be deleted directly. Either set the " +
        `\`retainOnDelete\` resource option, or transfer ownership of the field before deleting: ${required.field}`,
      { cause: error },
    );
  }
}

/** Applies nothing in a manager's name: fields that nobody else manages go. */
export async function relinquish(
  cluster: Cluster,
  { apiVersion, kind, metadata }: Manifest,
  fieldManager: string,
): Promise<void> {
  const { name, namespace } = metadata;
  const nothing = { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
  await cluster.patch(nothing, nothing, { fieldManager });
}

async function serverSideApply(
  cluster: Cluster,
  writing: Writing,
  { inputs, fieldManager, preview }: Written,
  live: KubernetesObject | undefined,
): Promise<KubernetesObject> {
  const annotated = annotation(inputs, "pulumi.com/patchForce") === "true";
  const force = isForced(annotated, writing.patchForce, live, preview);
  try {
    return await cluster.patch(inputs, inputs, { fieldManager, force, dryRun: preview });
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== "Conflict") throw error;
    const guide =
      "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";
    throw new StatusError(
      error.code,
      error.reason,
      `Server-Side Apply field conflict detected. See ${guide} for troubleshooting help.\n` +
        `The resource managed by field manager "${fieldManager}" had an apply conflict: ${error.message}`,
    );
  }
}

/** A namespace or a definition can be made a moment later; in a preview it is not made at all. */
async function retried(
  once: () => Promise<KubernetesObject>,
  firstPauseMs: number,
  preview: boolean,
): Promise<KubernetesObject> {
  for (let tries = 0; ; tries++) {
    try {
      return await once();
    } catch (error) {
      const missing = error instanceof NoMatch || (error instanceof StatusError && error.code === 404);
      const namespace = error instanceof StatusError && error.details.kind === "namespaces";
      if (!missing || tries === 5 || (preview && namespace)) throw error;
      await new Promise((resolve) => setTimeout(resolve, firstPauseMs * 2 ** tries));
    }
  }
}

/** From inputs to inputs (RFC 7396). */
function mergePatch(old: Manifest, news: Manifest): Manifest {
  const keys = new Set([...Object.keys(old), ...Object.keys(news)]);
  const entries = [...keys].map((key): [string, unknown] => {
    const [before, after]: unknown[] = [old[key], news[key]];
    return [key, isObject(before) && isObject(after) ? mergePatch(before, after) : (after ?? null)];
  });
  return Object.fromEntries(entries);
}
