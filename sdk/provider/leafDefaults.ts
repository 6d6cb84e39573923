import { knownDirectory } from "../acme/knownDirectories";
import type { RenewableDefaults, RenewableInputs } from "./renewable";

export const defaultAlgorithm = "ECDSA-P256";

const fromOwnCa: RenewableDefaults = { duration: "90d" };

/** What the arguments of a certificate or a member leave open. An ACME CA chooses the lifetime itself. */
export function defaultsOf({ issuer, profile, duration }: RenewableInputs): RenewableDefaults {
  if (issuer?.directory === undefined) return fromOwnCa;
  return { duration: duration ?? lifetimeOf(issuer.directory, profile), followsCertificate: true };
}

/** How long a certificate of this CA and profile will live, as far as that is known before it is issued. */
function lifetimeOf(directory: string, profile?: string): string {
  const profiles = knownDirectory(directory)?.profiles ?? {};
  const facts = profile === undefined ? Object.values(profiles)[0] : profiles[profile];
  const inForce = facts?.lifetimes.filter(({ from }) => from <= Date.now()).at(-1);
  return inForce === undefined ? "90d" : `${inForce.lifetimeMs / 3_600_000}h`;
}
