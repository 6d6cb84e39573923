const longest = 366 * 24 * 3_600_000;

/** Milliseconds that `Retry-After` asks to wait, from a number of seconds or a date; undefined without a usable one. */
export function parseRetryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const isNumber = !Number.isNaN(Number(text));
  if (isNumber && !/^\d{1,9}$/.test(text)) return undefined;
  const wait = isNumber ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), longest);
}
