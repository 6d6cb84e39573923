/** The PEM layouts that servers read. */

export interface PemParts {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  /** The intermediates; empty if there are none. */
  readonly chainPem: string;
}

/** PEM texts one after the other, each block on lines of its own, with LF and one line end at the end. */
export function joinPem(...texts: readonly string[]): string {
  const parts = texts.map((text) => text.replace(/\r\n?/g, "\n").trim()).filter((text) => text !== "");
  return parts.length === 0 ? "" : `${parts.join("\n")}\n`;
}

/** The certificate and its intermediates, in the order in which TLS sends them (RFC 8446 4.4.2). */
export function fullChainPem(parts: Pick<PemParts, "certificatePem" | "chainPem">): string {
  return joinPem(parts.certificatePem, parts.chainPem);
}

/** Private key, certificate and intermediates in one file, for HAProxy, lighttpd, MongoDB and the like. */
export function combinedPem(parts: PemParts): string {
  return joinPem(parts.privateKeyPem, parts.certificatePem, parts.chainPem);
}
