import type { Stack } from "./engine";
import { changedLines, diagnosticsOf } from "./events";

const dayMs = 86_400_000;

/** The instant so many days from now, RFC 3339: for `stack.clock`. */
export function daysFromNow(days: number): string {
  return new Date(Date.now() + days * dayMs).toISOString();
}

/** What a preview or an up changes, `web: "update"`, by the resources' names. */
export function changes(output: string): Record<string, string> {
  return Object.fromEntries(
    changedLines(output).map(({ name, op }) => [name, op.includes("replace") ? "replace" : op]),
  );
}

/** Why certificates are issued again, `web: "Renewing"`: from the lines on the resources that the operation changes. */
export function reasons(output: string): Record<string, string> {
  const found = changedLines(output).flatMap(({ name }) => {
    const codes = diagnosticsOf(output, name).flatMap((line) => /\[([A-Z]\w+)\]/.exec(line)?.[1] ?? []);
    return codes.map((code) => [name, code] as const);
  });
  return Object.fromEntries(found);
}

/** The outputs of every resource of the package in a stack, by their names; secrets in clear. */
export async function outputsByName(stack: Stack): Promise<Record<string, Record<string, any>>> {
  const { deployment } = await stack.exportState();
  const ours = deployment.resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/certificates:"));
  return Object.fromEntries(ours.map(({ urn, outputs }) => [urn.split("::").at(-1) ?? urn, revealed(outputs ?? {})]));
}

/** Secrets stand in an exported state as JSON text, in an object that is marked as one. */
function revealed(outputs: Record<string, any>): Record<string, any> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      typeof value?.plaintext === "string" ? JSON.parse(value.plaintext) : value,
    ]),
  );
}

/** What the engine writes anew with every write or refresh. */
const unstable = new Set(["ciphertext", "propertyDependencies"]);

/** The resources in the state file, with the times of their changes; without what differs with every write. */
export function recorded(stack: Stack): Record<string, unknown> {
  const state = JSON.parse(stack.stateFile(), (key, value: unknown) => (unstable.has(key) ? undefined : value));
  const { resources } = state.checkpoint.latest as { resources: { urn: string }[] };
  return Object.fromEntries(resources.map((resource) => [resource.urn, resource]));
}

/** The names of the certificates that are others after than before. */
export function reissued(
  before: Record<string, Record<string, any>>,
  after: Record<string, Record<string, any>>,
): string[] {
  return Object.keys(before).filter((name) => before[name]?.fingerprintSha256 !== after[name]?.fingerprintSha256);
}
