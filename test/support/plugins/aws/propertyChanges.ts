import type { PropertyChange } from "../plugin";
import { computed, type PropertyValues } from "../propertyValues";

type Changes = Record<string, PropertyChange>;

/** The paths at which inputs differ; what a preview does not know differs from everything. */
export function propertyChanges(
  olds: PropertyValues,
  news: PropertyValues,
  { forceNew = [], sets = [] }: { forceNew?: readonly string[]; sets?: readonly string[] } = {},
): Changes {
  const changes: Changes = {};
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (key.startsWith("__")) continue;
    const [before, after] = [olds[key], news[key]].map((value) => (sets.includes(key) ? sorted(value) : value));
    for (const [path, kind] of differences(key, before, after))
      changes[path] = { kind, inputDiff: true, ...(forceNew.includes(key) && { replaces: true }) };
  }
  return changes;
}

function* differences(path: string, before: unknown, after: unknown): Generator<[string, PropertyChange["kind"]]> {
  if (before === undefined && after === undefined) return;
  if (before === undefined) return yield [path, "add"];
  if (after === undefined) return yield [path, "delete"];
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++)
      yield* differences(`${path}[${index}]`, before[index], after[index]);
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      if (!key.startsWith("__")) yield* differences(member(path, key), before[key], after[key]);
  } else if (after === computed || before !== after) yield [path, "update"];
}

const member = (path: string, key: string) => (/^\w+$/.test(key) ? `${path}.${key}` : `${path}["${key}"]`);
const isObject = (value: unknown): value is PropertyValues =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const sorted = (value: unknown): unknown =>
  Array.isArray(value) && value.every((each) => typeof each === "string") ? [...value].sort() : value;
