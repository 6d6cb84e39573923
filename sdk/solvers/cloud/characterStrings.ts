/** A TXT value in the presentation format of zone files: quoted strings of at most 255 bytes (RFC 1035, 5.1). */
export function quoteText(value: string): string {
  const chunks = value.match(/[^]{1,255}/g) ?? [""];
  return chunks.map((chunk) => `"${chunk.replace(/["\\]/g, "\\$&")}"`).join(" ");
}

/** The value of quoted strings; a text without quotes is the value itself, as some services give it. */
export function unquoteText(text: string): string {
  if (!text.startsWith('"')) return text;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, chunk = ""]) => chunk.replace(/\\(.)/g, "$1")).join("");
}
