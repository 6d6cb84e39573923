import type { Run } from "./clock";
import type { Credentials } from "./define";
import { engineSignal } from "./engine";
import type { KnownCertificate } from "./knownCertificates";

/** What holds the order against the limits of its CA; undefined for an issuer that takes no orders. */
export function claimOf(
  certificate: KnownCertificate,
  { issuer: issuerCredentials }: Credentials,
  { now }: Run,
): (() => Promise<void>) | undefined {
  if (certificate.news.issuer?.directory === undefined) return undefined;
  return () => {
    const { orderBudget } = require("./orderBudget") as typeof import("./orderBudget");
    return orderBudget.claim({
      certificate,
      issuerCredentials,
      now: Math.max(now, Date.now()),
      signal: engineSignal,
    });
  };
}
