import type { PlainStream } from "./plainStream";

/** What a protocol says in clear text before TLS starts. */
export interface Preamble<Protocol extends string = string> {
  /** The value of `protocol` in an endpoint. */
  readonly protocol: Protocol;
  readonly defaultPort: number;
  /**
   * Brings the connection to the point where the next byte is TLS. Throws a `ProbeError` of kind `startTlsNotOffered`
   * if the server has no TLS to offer, `startTlsRefused` if it does something else than the protocol says. It reads no
   * byte beyond the server's agreement; the caller checks that there is none.
   */
  negotiate(stream: PlainStream): Promise<void>;
}

/** Declares a protocol; list it in `starttls/index.ts`. */
export function definePreamble<const Protocol extends string>(preamble: Preamble<Protocol>): Preamble<Protocol> {
  return Object.freeze(preamble);
}
