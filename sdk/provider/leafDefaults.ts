import { lifetimeOf } from "./acmeOrderable";
import type { RenewableDefaults, RenewableInputs } from "./renewable";

export const defaultAlgorithm = "ECDSA-P256";

const fromOwnCa: RenewableDefaults = { duration: "90d" };

/** What the arguments of a certificate or a member leave open. An ACME CA chooses the lifetime itself. */
export function defaultsOf({ issuer, profile, duration }: RenewableInputs): RenewableDefaults {
  if (issuer?.directory === undefined) return fromOwnCa;
  return { duration: duration ?? lifetimeOf(issuer.directory, profile), followsCertificate: true };
}
