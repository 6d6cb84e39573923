/** An answer about a certificate's status that cannot be relied on, although it can be read. */
export class UnreliableAnswer extends Error {}

/** What an OCSP responder or a revocation list says. */
export type StatusAnswer = { readonly nextUpdate?: Date } & (
  | { readonly status: "good" | "unknown" }
  | { readonly status: "revoked"; readonly revokedAt: Date; readonly reason?: RevocationReason }
);

/** By their numbers (RFC 5280 5.3.1); 7 is not used. */
const reasons = {
  0: "unspecified",
  1: "keyCompromise",
  2: "cACompromise",
  3: "affiliationChanged",
  4: "superseded",
  5: "cessationOfOperation",
  6: "certificateHold",
  8: "removeFromCRL",
  9: "privilegeWithdrawn",
  10: "aACompromise",
} as const;

/** Why a certificate was revoked. */
export type RevocationReason = (typeof reasons)[keyof typeof reasons];

export const revocationReason = (number: number): RevocationReason =>
  Object.hasOwn(reasons, number) ? reasons[number as keyof typeof reasons] : "unspecified";

/** Clocks of CAs and of this machine may differ by this much. */
const tolerance = 5 * 60_000;
/** An answer that names no next one counts as long as this. */
const withoutNext = 24 * 60 * 60_000;

/** Refuses an answer that is of the future or out of date. */
export function assertCurrent(what: string, thisUpdate: Date, nextUpdate: Date | undefined, now: Date): void {
  if (thisUpdate.getTime() > now.getTime() + tolerance)
    throw new UnreliableAnswer(`${what} is from the future (${thisUpdate.toISOString()})`);
  const end = nextUpdate?.getTime() ?? thisUpdate.getTime() + withoutNext;
  if (end + tolerance < now.getTime())
    throw new UnreliableAnswer(`${what} is out of date since ${new Date(end).toISOString()}`);
}
