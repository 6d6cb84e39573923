import { AcmeClient } from "../acme/client";
import { AcmeError } from "../acme/problem";
import { shownWindow } from "../issuers/acme";
import type { IssuingService, Previous, SuggestedWindow } from "../issuers/issuer";
import { revocationOf } from "../verify/revocation";
import { engineSignal } from "./engine";
import { type RevocationReason, type ServiceOutputs, revocationReasons } from "./issuingService";
import type { RenewableOuts } from "./renewable";

type Outs = RenewableOuts & ServiceOutputs;

/** Asks the CA again when to renew; what it said before stands while it does not answer. */
export async function suggestedRenewalOf({
  issuedBy,
  certificatePem,
  suggestedRenewal,
}: Outs): Promise<SuggestedWindow | undefined> {
  if (issuedBy === undefined || certificatePem === undefined) return undefined;
  try {
    const window = await clientOf(issuedBy).renewalInfo(certificatePem);
    return window && shownWindow(window);
  } catch (error) {
    if (error instanceof AcmeError) return suggestedRenewal;
    throw error;
  }
}

/** Revokes with the certificate's own key, which is all that a deletion has. One that is revoked already stays so. */
export async function revokeIssued(
  { issuedBy, certificatePem, privateKeyPem }: Partial<Previous> & { readonly privateKeyPem?: string | undefined },
  reason: RevocationReason,
): Promise<void> {
  if (issuedBy === undefined || certificatePem === undefined || privateKeyPem === undefined) return;
  await clientOf(issuedBy).revoke(certificatePem, { reason: revocationReasons[reason], privateKeyPem });
}

/** Whether it was revoked, by OCSP or the revocation list; what was found before stands while that cannot be told. */
export async function recordedRevocation(
  outs: Outs & { readonly chainPem: string; readonly trustBundlePem: string },
): Promise<ServiceOutputs["revocation"]> {
  const { issuedBy, certificatePem, chainPem, trustBundlePem } = outs;
  if (certificatePem === undefined) return undefined;
  const bundle = issuedBy?.caBundlePem === undefined ? {} : { caBundlePem: issuedBy.caBundlePem };
  const { status, reason, revokedAt } = await revocationOf(certificatePem, chainPem + trustBundlePem, {
    signal: engineSignal,
    ...bundle,
  });
  if (status === "unknown") return outs.revocation;
  if (status === "good") return undefined;
  return { ...(revokedAt !== undefined && { at: revokedAt }), ...(reason !== undefined && { reason: String(reason) }) };
}

/** A refresh and a deletion do not wait for a CA that is down, in milliseconds. */
const patience = 5_000;

/** For requests that no account signs. */
function clientOf({ directoryUrl, caBundlePem }: IssuingService): AcmeClient {
  const bundle = caBundlePem === undefined ? {} : { caBundlePem };
  return new AcmeClient({ directoryUrl, ...bundle, accountKeyPem: "", signal: engineSignal, retryBudgetMs: patience });
}
