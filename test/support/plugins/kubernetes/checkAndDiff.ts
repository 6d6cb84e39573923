import type { CheckCall, Checked, DiffCall, Difference } from "../plugin";
import type { PropertyValues } from "../propertyValues";
import type { Manifest } from "./cluster";
import type { Connection } from "./connection";
import { changesOf, forceNewOf, withoutIgnored } from "./difference";
import {
  annotation,
  isPatch,
  manifestOf,
  marked,
  nameOf,
  normalized,
  parseCheckpoint,
  pruned,
  withMetadata,
} from "./inputs";

const autonamed = "pulumi.com/autonamed";

/** Names what has no name and places what has no namespace. Follows provider/pkg/provider/provider.go (`Check`). */
export async function check(
  connection: Connection,
  { type, name, olds, news, randomSeed }: CheckCall,
): Promise<Checked> {
  const patch = isPatch(type);
  if (patch && !connection.writing.serverSideApply)
    throw new Error(
      "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` Provider config",
    );
  let inputs = normalized(manifestOf(news));
  if (patch && nameOf(inputs) === "") throw new Error("patch resources require the `.metadata.name` field to be set");
  const old = manifestOf(olds);
  if (inputs["metadata"]?.name === undefined) {
    const automatic = annotation(old, autonamed) === "true" ? nameOf(old) : `${name}-${randomSeed.slice(0, 8)}`;
    if (Object.keys(old).length === 0 || annotation(old, autonamed) === "true")
      inputs = withMetadata(inputs, { name: automatic }, { [autonamed]: "true" });
  }
  const labels = { ...inputs["metadata"]?.labels, "app.kubernetes.io/managed-by": "pulumi" };
  const labelled = old["metadata"]?.labels?.["app.kubernetes.io/managed-by"] === "pulumi";
  if (labelled || (!connection.writing.serverSideApply && Object.keys(old).length === 0))
    inputs = withMetadata(inputs, { labels });
  if (connection.namespace && inputs["metadata"]?.namespace === undefined && (await connection.isNamespaced(inputs)))
    inputs = withMetadata(inputs, { namespace: connection.namespace });
  return { inputs: marked(inputs, news) as PropertyValues };
}

/**
 * Compares the live object of the state, in the shape of its inputs, with the new inputs; what is replaced and keeps its
 * name is deleted first. Follows provider/pkg/provider/provider.go (`Diff`).
 */
export async function diff(connection: Connection, { type, olds, news, ignoreChanges }: DiffCall): Promise<Difference> {
  const state = parseCheckpoint(olds);
  const live = state.live;
  const namespaced = await connection.isNamespaced(manifestOf(news));
  const located = (manifest: Manifest, name: string): Manifest => {
    const { namespace: given, ...metadata } = manifest["metadata"] ?? {};
    const namespace = namespaced ? { namespace: given ?? "default" } : {};
    return { ...manifest, metadata: { ...metadata, name, ...namespace } };
  };
  const inputs = normalized(manifestOf(news));
  const newName: unknown = inputs["metadata"]?.name ?? nameOf(live);
  const before = located(pruned(live, normalized(state.inputs)), nameOf(live));
  const after = located(inputs, newName as string);
  const forceNew = forceNewOf(after, isPatch(type), connection.mutable);
  const changes = withoutIgnored(changesOf(before, after, forceNew), ignoreChanges);
  const sameObject = newName === nameOf(live) && after["metadata"].namespace === live["metadata"]?.namespace;
  const replaces = Object.values(changes).some((change) => change.replaces);
  return { changes, deleteBeforeReplace: replaces && annotation(after, autonamed) !== "true" && sameObject };
}
