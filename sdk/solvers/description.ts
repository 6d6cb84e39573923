import { invalidArgument } from "../errors";

/**
 * The properties of a solver's description as its factory returned it; refuses unknown ones. Properties that are
 * undefined are left out.
 */
export function propertiesOf(
  value: unknown,
  property: string,
  kind: { readonly name: string; readonly known: readonly string[] },
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(property, `${shown(value)} is no solver.`, `Use ${kind.name}({ … }).`);
  }
  const known = new Set(["kind", ...kind.known]);
  for (const name of Object.keys(value)) {
    if (known.has(name)) continue;
    const fix = kind.known.length === 0 ? "has no properties." : `has ${kind.known.join(", ")}.`;
    throw invalidArgument(`${property}.${name}`, "unknown property.", `${kind.name} ${fix}`);
  }
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

/** A text that is not empty and has no control characters; undefined if it is missing. */
export function optionalText(value: unknown, property: string, fix: string): string | undefined {
  if (value === undefined) return undefined;
  // eslint-disable-next-line no-control-regex -- the range is what is refused
  if (typeof value === "string" && value !== "" && !/[\x00-\x1f\x7f]/.test(value)) return value;
  throw invalidArgument(property, `${shown(value)} is no text of one line.`, fix);
}

/** A text that must be there. */
export function requiredText(value: unknown, property: string, fix: string): string {
  const text = optionalText(value, property, fix);
  if (text === undefined) throw invalidArgument(property, "is missing.", fix);
  return text;
}

/** A port from 1 to 65535; `fallback` if it is missing. */
export function portOr(fallback: number, value: unknown, property: string): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  throw invalidArgument(property, `${shown(value)} is no port.`, "Give a whole number from 1 to 65535.");
}

/** A value as a message shows it. Not for secrets. */
export function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
