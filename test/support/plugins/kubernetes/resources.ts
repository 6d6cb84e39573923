import type { CreateCall, DeleteCall, ReadCall, ReadResult, UpdateCall } from "../plugin";
import { type PropertyValues, hasComputed } from "../propertyValues";
import { NotReady, unreadyAtRead } from "./await";
import { type Manifest, NoMatch, StatusError } from "./cluster";
import type { Connection } from "./connection";
import { isNoPreview, partial, unreachable } from "./failures";
import { checkpoint, isPatch, manifestOf, marked, normalized, parseCheckpoint, pruned, qualifiedName } from "./inputs";
import { create, relinquish, remove, update } from "./operations";

/** Follows provider/pkg/provider/provider.go, each function the method of its name. */

export async function createResource(
  connection: Connection,
  { urn, type, news, preview, timeout, cancelled }: CreateCall,
) {
  const inputs = manifestOf(news);
  const { serverSideApply } = connection.writing;
  if (preview && (hasComputed(inputs) || isPatch(type) || !serverSideApply || !(await connection.exists(inputs))))
    return { id: "", outputs: news };
  const cluster = connection.reached();
  const fieldManager = connection.fieldManager(inputs, {});
  const written = { inputs, fieldManager, preview, patch: isPatch(type) };
  try {
    const { status, ...live } = await create(
      cluster,
      connection.writing,
      written,
      connection.waiting(timeout, cancelled),
    );
    const outputs = checkpoint(inputs, preview ? live : { ...live, status }, news, fieldManager);
    return { id: qualifiedName(live), outputs };
  } catch (error) {
    if (preview && isNoPreview(error)) return { id: "", outputs: news };
    if (error instanceof NoMatch)
      throw new Error(
        `creation of resource "${urn}" with kind ${inputs["apiVersion"]}/${inputs["kind"]} failed because the Kubernetes API ` +
          `server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created: ${error.message}`,
        { cause: error },
      );
    if (!(error instanceof NotReady))
      throw new Error(
        `resource "${urn}" was not successfully created by the Kubernetes API server: ${(error as Error).message}`,
        { cause: error },
      );
    const message = `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${error.message}`;
    throw partial(message, error.object, error.reasons, inputs, news, fieldManager);
  }
}

export async function updateResource(
  connection: Connection,
  { urn, type, olds, news, ignoreChanges, preview, timeout, cancelled }: UpdateCall,
): Promise<PropertyValues> {
  const inputs = normalized(manifestOf(news));
  if (preview && (hasComputed(inputs) || !(await connection.exists(inputs)))) return news;
  const cluster = connection.reached();
  const state = parseCheckpoint(olds);
  const fieldManager = connection.fieldManager(inputs, olds);
  const written = {
    inputs,
    fieldManager,
    preview,
    patch: isPatch(type),
    oldInputs: pruned(state.live, state.inputs),
    ignoreChanges,
  };
  try {
    const live = await update(cluster, connection.writing, written, connection.waiting(timeout, cancelled));
    const previous = connection.fieldManager(state.inputs, olds);
    if (connection.writing.serverSideApply && !preview && previous !== fieldManager)
      await relinquish(cluster, live, previous);
    return checkpoint(inputs, live, news, fieldManager);
  } catch (error) {
    if (preview && error instanceof StatusError && error.code === 403) return news;
    const failed = error as Error;
    if (error instanceof NoMatch)
      throw new Error(
        `update of resource "${urn}" failed because the Kubernetes API server reported that the apiVersion for this resource ` +
          `does not exist. Verify that any required CRDs have been created: ${error.message}`,
        { cause: error },
      );
    const live = await cluster.get(state.live).catch((unread: Error) => {
      throw new Error(
        `update of resource "${urn}" failed: ${failed.message}\nunable to get cluster state: ${unread.message}`,
        { cause: error },
      );
    });
    const message = `the Kubernetes API server reported that "${qualifiedName(live)}" failed to fully initialize or become live: ${failed.message}`;
    throw partial(message, live, error instanceof NotReady ? error.reasons : [], inputs, news, fieldManager);
  }
}

export async function deleteResource(
  connection: Connection,
  { type, olds, timeout, cancelled }: DeleteCall,
): Promise<void> {
  const { inputs, live } = parseCheckpoint(olds);
  if (connection.cluster === undefined) throw unreachable("configured Kubernetes cluster is unreachable");
  const relinquishing =
    isPatch(type) && connection.writing.serverSideApply ? connection.fieldManager(inputs, olds) : undefined;
  await remove(connection.cluster, live, inputs, relinquishing, connection.waiting(timeout, cancelled));
}

export async function readResource(
  connection: Connection,
  { id, type, olds, oldInputs }: ReadCall,
): Promise<ReadResult | undefined> {
  if (connection.cluster === undefined) throw unreachable("failed to read resource state due to unreachable cluster");
  const known = normalized(manifestOf(oldInputs));
  const imported = known["kind"] === undefined;
  const [name = "", namespace] = id.split("/").toReversed();
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const object = { ...(imported ? kindOf(type, parseCheckpoint(olds).live) : known), metadata };
  try {
    const live = await connection.cluster.get(object);
    const inputs = imported ? importedInputs(live) : pruned(live, known);
    const fieldManager = connection.fieldManager(inputs, olds);
    const outputs = checkpoint(inputs, live, oldInputs, fieldManager);
    const unready = imported ? undefined : await unreadyAtRead(connection.cluster, known, live);
    if (unready !== undefined)
      throw partial(unready.message, live, unready.reasons, inputs, oldInputs, fieldManager, id);
    return { id, outputs, inputs: marked(inputs, oldInputs) as PropertyValues };
  } catch (error) {
    if (error instanceof NoMatch || (error instanceof StatusError && error.code === 404)) return undefined;
    throw error;
  }
}

/** `kubernetes:apps/v1:Deployment` → its apiVersion and kind. */
function kindOf(type: string, live: Manifest): Manifest {
  if (live["kind"] !== undefined) return { apiVersion: live["apiVersion"], kind: live["kind"] };
  const [, groupVersion = "", kind = ""] = type.split(":");
  return { apiVersion: groupVersion.replace(/^core\//, ""), kind: kind.replace(/Patch$/, "") };
}

function importedInputs(live: Manifest): Manifest {
  const { status: _, ...inputs } = normalized(live);
  return inputs;
}
