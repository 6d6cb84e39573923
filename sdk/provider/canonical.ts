import { createHash } from "node:crypto";

/** JSON with sorted keys and without undefined members: equal for equal property values. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    const keys = Object.keys(inner);
    for (let i = 1; i < keys.length; i++) {
      if ((keys[i - 1] as string) > (keys[i] as string)) {
        const entries = inner as Record<string, unknown>;
        return Object.fromEntries(keys.sort().map((key) => [key, entries[key]]));
      }
    }
    return inner;
  });
}

export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("base64");
}

export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  return canonicalJson(left) === canonicalJson(right);
}
