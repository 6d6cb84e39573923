/**
 * Why a certificate is issued again: a closed set, cert-manager's names where it has one.
 * In the order in which they are looked for.
 */
export const reasons = {
  DoesNotExist: "was never issued",
  Adopted: "is taken over as it is",
  KeyCompromised: "has a key that is listed in compromisedKeys",
  Revoked: "was revoked by its CA",
  RequestChanged: "was changed in the program",
  TriggersChanged: "has other triggers",
  IncorrectIssuer: "has another issuer",
  IssuerKeyChanged: "has an issuer with a new key",
  IssuerRenewed: "has an issuer that was renewed: new chain, same certificate",
  Expired: "has expired",
  Renewing: "is due",
} as const;

export type Reason = keyof typeof reasons;

/** Reasons that come with the clock or from the issuer: a failure then may keep the certificate that is there. */
const keepable: ReadonlySet<string> = new Set<Reason>([
  "Expired",
  "Renewing",
  "Revoked",
  "IssuerRenewed",
  "IssuerKeyChanged",
]);

export function mayKeepOnFailure(reason: string): boolean {
  return keepable.has(reason);
}
