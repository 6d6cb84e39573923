import type { Identifier } from "./challenge";

/** What is ordered. */
export interface OrderRequest {
  /** Wildcard names stand as `*.example.com`, of the type dns. */
  readonly identifiers: readonly Identifier[];
  readonly csrDer: Uint8Array;
  /** One of the directory's profiles. */
  readonly profile?: string;
  /** `certId` of the certificate that this one follows (RFC 9773, 5). Left out where the server does not know it. */
  readonly replaces?: string;
  /** RFC 3339; only few CAs let it be chosen. */
  readonly notAfter?: string;
  /** Common name of the issuer at the top of the wanted chain. */
  readonly preferredChain?: string;
  /** An order to go on with. One that is spent, gone, another account's or for other names is replaced by a new one. */
  readonly orderUrl?: string;
}
