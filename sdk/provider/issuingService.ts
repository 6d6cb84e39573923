import { invalidArgument } from "../errors";
import type { IssuingService, SuggestedWindow } from "../issuers/issuer";
import { hasUnknown } from "./unknown";
import type { RenewableInputs } from "./renewable";

/** Outputs of a certificate that a service issued, as ACME CAs are: what a refresh may ask it about. */
export interface ServiceOutputs {
  readonly issuedBy?: IssuingService;
  /** When the CA asks for renewal (RFC 9773). */
  readonly suggestedRenewal?: SuggestedWindow;
  /** Present once a refresh found that it was revoked. */
  readonly revocation?: { readonly at?: string; readonly reason?: string };
}

/** Codes of RFC 5280, 5.3.1 that subscribers may give. */
export const revocationReasons = { unspecified: 0, keyCompromise: 1, superseded: 4, cessationOfOperation: 5 } as const;

export type RevocationReason = keyof typeof revocationReasons;

/** Only a service revokes, and by the private key of the certificate. */
export function assertRevocable({
  revokeOnDelete: reason,
  issuer,
  csrPem,
}: RenewableInputs & { revokeOnDelete?: unknown }): void {
  if (reason === undefined || hasUnknown(reason)) return;
  if (typeof reason !== "string" || !Object.hasOwn(revocationReasons, reason)) {
    throw invalidArgument(
      "revokeOnDelete",
      `${JSON.stringify(reason)} is no reason.`,
      `Use one of ${Object.keys(revocationReasons).join(", ")}.`,
    );
  }
  if (issuer?.directory === undefined)
    throw invalidArgument("revokeOnDelete", "is for certificates of an ACME CA.", "Leave it out.");
  if (csrPem !== undefined)
    throw invalidArgument("revokeOnDelete", "needs the private key, and a CSR brings none.", "Leave it out.");
}
