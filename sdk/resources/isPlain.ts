import * as pulumi from "@pulumi/pulumi";

/** Whether there is no output or promise anywhere inside. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return Object.values(value).every(isPlain);
}
