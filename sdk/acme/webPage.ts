const longest = 2_048;

/** The address of a web page that a server names and that may be shown; undefined for anything else. */
export function webPage(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= longest && /^https?:\/\/[\x21-\x7e]+$/.test(value)
    ? value
    : undefined;
}
