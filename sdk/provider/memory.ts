import { digestOf } from "./canonical";

/**
 * What `check` saw of one resource in this process and must not stand in the state: its write-only inputs.
 * Found again by `diff`, `create` and `update` through the digest of the checked inputs, the only key that
 * the same resource's calls share and no other resource's calls do.
 */
export interface Remembered {
  readonly credentials: Readonly<Record<string, unknown>>;
}

type Properties = Readonly<Record<string, unknown>>;

const remembered = new Map<string, Remembered>();

export function remember(checkedInputs: Properties, entry: Remembered): void {
  remembered.set(keyOf(checkedInputs), entry);
}

/** Undefined where `check` did not run for these inputs in this process: during a refresh or a destroy. */
export function recall(checkedInputs: Properties): Remembered | undefined {
  return remembered.get(keyOf(checkedInputs));
}

function keyOf({ __provider: _, ...inputs }: Properties): string {
  return digestOf(inputs);
}
