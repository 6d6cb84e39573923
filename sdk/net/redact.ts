const hidden = "[hidden]";

/** Complete blocks, those whose beginning was cut off, those whose end was. */
const keyBlocks = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY-----/g,
  /^[\s\S]*-----END [A-Z0-9 ]*PRIVATE KEY-----/g,
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*$/g,
];

/** A line of nothing but base64, as in a PEM block or a dump of one. */
const encodedLine = /^[ \t]*[A-Za-z0-9+/]{48,}={0,2}[ \t]*$/gm;

/** Shorter texts would hide half of every message. */
const shortestSecret = 4;

/**
 * A text from outside (a command's output, a server's answer) made fit for an error or a log: without private keys,
 * lines of encoded data, and the secrets given. Secrets of several lines are also found line by line.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let result = text;
  for (const pattern of keyBlocks) result = result.replace(pattern, hidden);
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]);
  const worthHiding = [...new Set(parts.map((part) => part.trim()))].filter((part) => part.length >= shortestSecret);
  worthHiding.sort((left, right) => right.length - left.length);
  for (const secret of worthHiding) {
    for (const form of new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])) {
      result = result.replaceAll(form, hidden);
    }
  }
  return result.replace(encodedLine, hidden);
}
