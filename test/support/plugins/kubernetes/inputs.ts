import { type PropertyValues, Secret, computed, hasComputed, withoutSecrets } from "../propertyValues";
import type { Manifest } from "./cluster";

/**
 * The forms in which the provider keeps objects: its inputs, and the "checkpoint" that the state holds, the live object
 * together with the inputs. Follows pulumi-kubernetes provider/pkg/provider (`checkpointObject`, `annotateSecrets`,
 * `pruneLiveState`, `normalizeInputs`) and provider/pkg/metadata (naming, annotations).
 */

/** Inputs of a program as the API takes them; what a preview does not know stays `computed`. */
export function manifestOf(inputs: PropertyValues): Manifest {
  return withoutNulls(withoutSecrets(inputs)) as Manifest;
}

/** In the form in which the API server will have it, so that the same values show no difference. */
export function normalized(manifest: Manifest): Manifest {
  const { kind, metadata } = manifest;
  const known = kind === "Secret" && !hasComputed(manifest) ? withEncodedData(manifest) : manifest;
  if (!isObject(metadata)) return known;
  const readOnly = ["creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation"];
  const server = [...readOnly, "managedFields", "resourceVersion", "uid"];
  return { ...known, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !server.includes(key))) };
}

/** `stringData` as part of `data`, base64 without line ends. Follows provider/pkg/clients/unstructured.go (`normalizeSecret`). */
function withEncodedData({ stringData = {}, ...manifest }: Manifest): Manifest {
  const data = Object.entries<string>(manifest["data"] ?? {}).map(([key, value]) => {
    const text = value.replace(/[\r\n]/g, "");
    const encoded = Buffer.from(text, "base64").toString("base64");
    return [key, encoded === text ? encoded : value]; // what is no base64 is for the API server to refuse
  });
  const more = Object.entries<string>(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return data.length + more.length === 0 ? manifest : { ...manifest, data: Object.fromEntries([...data, ...more]) };
}

/** The state of a resource. */
export function checkpoint(
  inputs: Manifest,
  live: Manifest,
  from: PropertyValues,
  fieldManager: string,
): PropertyValues {
  return {
    ...(marked(live, from) as PropertyValues),
    __inputs: marked(inputs, from),
    __initialApiVersion: inputs["apiVersion"],
    __fieldManager: fieldManager,
  };
}

/** The inputs and the live object that a state holds. */
export function parseCheckpoint(state: PropertyValues): { inputs: Manifest; live: Manifest } {
  const { __inputs: inputs = {}, __initialApiVersion: _, __fieldManager: __, ...live } = manifestOf(state);
  return { inputs, live };
}

/** Marks as secret what was one in the inputs, and the data of every Secret. */
export function marked(values: unknown, from: unknown): unknown {
  if (!isObject(values)) return values;
  if (values["kind"] === "Secret") {
    const entries = Object.entries(values).map(([key, value]) => [key, isData(key) ? new Secret(value) : value]);
    return Object.fromEntries(entries);
  }
  if (!isObject(from)) return values;
  const entries = Object.entries(values).map(([key, value]) => {
    if (isObject(value) && isObject(from[key])) return [key, marked(value, from[key])];
    return [key, holdsSecret(from[key]) ? new Secret(value) : value];
  });
  return Object.fromEntries(entries);
}

/** The part of a live object that has the shape of the inputs. */
export function pruned(live: Manifest, inputs: Manifest): Manifest {
  const entries = Object.entries(live).flatMap(([key, value]): [string, unknown][] => {
    const shape = inputs[key];
    if (shape === undefined) return [];
    if (isObject(value)) return isObject(shape) ? [[key, pruned(value, shape)]] : [];
    if (Array.isArray(value)) return Array.isArray(shape) ? [[key, prunedList(value, shape)]] : [];
    return [[key, value]];
  });
  return Object.fromEntries(entries);
}

function prunedList(live: unknown[], inputs: unknown[]): unknown[] {
  if (!isObject(live[0])) return live;
  return inputs.slice(0, live.length).map((shape, at) => {
    const value = live[at];
    return isObject(value) && isObject(shape) ? pruned(value, shape) : value;
  });
}

export const isPatch = (type: string): boolean => type.endsWith("Patch");

export function annotation(manifest: Manifest, name: string): string | undefined {
  const value: unknown = manifest["metadata"]?.annotations?.[name];
  return typeof value === "string" ? value : undefined;
}

export function nameOf(manifest: Manifest): string {
  const name: unknown = manifest["metadata"]?.name;
  return typeof name === "string" ? name : "";
}

/** The id of a resource. */
export function qualifiedName({ metadata }: Manifest): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** With these entries in a map of the metadata. */
export function withMetadata(
  manifest: Manifest,
  metadata: Manifest,
  annotations: Record<string, string> = {},
): Manifest {
  const old = manifest["metadata"] ?? {};
  const all = { ...old.annotations, ...annotations };
  return {
    ...manifest,
    metadata: { ...old, ...metadata, ...(Object.keys(all).length > 0 ? { annotations: all } : {}) },
  };
}

export function isObject(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

const isData = (key: string) => key === "data" || key === "stringData";

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecret);
}

function withoutNulls(value: unknown): unknown {
  if (value === computed || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}
