/** What stands for a value the engine does not know yet, in a preview, whatever type it will have. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: unknown): boolean {
  return value === unknown;
}

/** Whether a value or anything inside it is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value === "string") return value === unknown;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasUnknown);
  return false;
}
