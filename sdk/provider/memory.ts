import { digestOf, sameValue } from "./canonical";
import type { Run } from "./clock";

/**
 * What `check` saw of one resource in this process and must not stand in the state: its write-only inputs.
 * Found again by `diff`, `create` and `update` through the digest of the checked inputs, the only key that
 * the same resource's calls share and no other resource's calls do.
 */
export interface Remembered {
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly run: Run;
  /** Two resources of equal inputs came with different credentials: nobody can tell whose is whose. */
  readonly isAmbiguous: boolean;
  /** Whether the run has still to create or update the resource. */
  isWaiting: boolean;
}

type Properties = Readonly<Record<string, unknown>>;

const remembered = new Map<string, Remembered>();

export function remember(checkedInputs: Properties, entry: Pick<Remembered, "credentials" | "run">): void {
  const key = keyOf(checkedInputs);
  const before = remembered.get(key);
  const isAmbiguous = before?.isWaiting === true && differ(before, entry.credentials);
  const credentials = isAmbiguous ? {} : shared(entry.credentials);
  remembered.set(key, { credentials, run: entry.run, isAmbiguous, isWaiting: !entry.run.dryRun });
}

const recent: Properties[] = [];
const recentAtMost = 8;

/** Most resources come with the credentials of the same few issuers: they are held once, not for each resource. */
function shared(credentials: Properties): Properties {
  const known = recent.find((one) => sameValue(one, credentials));
  if (known !== undefined) return known;
  recent.unshift(credentials);
  recent.splice(recentAtMost);
  return credentials;
}

/** Undefined where `check` did not run for these inputs in this process: during a refresh or a destroy. */
export function recall(checkedInputs: Properties): Remembered | undefined {
  return remembered.get(keyOf(checkedInputs));
}

function differ(before: Remembered, credentials: Properties): boolean {
  return before.isAmbiguous || !sameValue(before.credentials, credentials);
}

function keyOf({ __provider: _, ...inputs }: Properties): string {
  return digestOf(inputs);
}
