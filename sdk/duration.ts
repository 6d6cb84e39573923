import { invalidArgument } from "./errors";

/** Milliseconds of each unit a duration may use. A year is 365 days, a month is not a unit. */
const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;

export const day = units.d;
export const hour = units.h;

const durationPattern = /^(?:\d+(?:s|m|h|d|w|y))+$/;
const partPattern = /(\d+)([smhdwy])/g;
const longest = 100 * units.y;

/**
 * Milliseconds of a duration such as `90d`, `1y`, `36h` or `1d12h`.
 *
 * @param property the argument it came from, for the error.
 */
export function parseDuration(value: unknown, property: string): number {
  const fix = 'Use whole numbers with s, m, h, d, w or y, for example "90d" or "36h".';
  if (typeof value !== "string" || !durationPattern.test(value)) {
    throw invalidArgument(property, `${JSON.stringify(value)} is not a duration.`, fix);
  }
  let total = 0;
  for (const [, amount, unit] of value.matchAll(partPattern))
    total += Number(amount) * units[unit as keyof typeof units];
  if (total <= 0 || total > longest) throw invalidArgument(property, `"${value}" is not between 1s and 100y.`, fix);
  return total;
}

/** A duration in its largest whole unit: `30d`, `36h`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (milliseconds >= units[unit] && milliseconds % units[unit] === 0) return `${milliseconds / units[unit]}${unit}`;
  }
  return milliseconds >= 2 * units.d
    ? `${Math.round(milliseconds / units.d)}d`
    : `${Math.round(milliseconds / units.s)}s`;
}

/** The instant as RFC 3339 in whole seconds, as it stands in inputs and outputs. */
export function formatInstant(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1_000) * 1_000).toISOString().replace(".000Z", "Z");
}

/** The day of an instant, as messages show it. */
export function formatDay(instant: string | number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
