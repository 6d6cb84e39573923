import { AcmeClient } from "../acme/client";
import { certId } from "../acme/certId";
import { AcmeError } from "../acme/problem";
import { formatInstant } from "../duration";
import type { IssuingService, SuggestedWindow } from "../issuers/issuer";
import { type RenewalWindow, suggestedDueMoment } from "../lifecycle/ariWindow";
import { dueMoment } from "../lifecycle/schedule";
import { revocationOf } from "../verify/revocation";
import { engineSignal } from "./engine";
import { type RenewableInputs, type RenewableOuts, planForIssued } from "./renewable";

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

type Outs = RenewableOuts & ServiceOutputs;

/** When a certificate of a service is due: by the CA's window while it gives one, else by `renewBefore`. */
export function serviceDueAt(inputs: RenewableInputs, outs: Outs, cadence: number): number {
  const plan = planForIssued(inputs, outs);
  const notAfter = Date.parse(outs.notAfter ?? "");
  const ownDueAt = dueMoment(plan, notAfter);
  const window = windowOf(outs);
  if (window === undefined || outs.certificatePem === undefined) return ownDueAt;
  const { dueAt } = suggestedDueMoment({
    notBefore: notAfter - plan.duration,
    notAfter,
    ownDueAt,
    window,
    certId: certId(outs.certificatePem),
    resource: inputs.name,
    cadence,
  });
  return dueAt;
}

export function windowOf({ suggestedRenewal: suggested }: ServiceOutputs): RenewalWindow | undefined {
  if (suggested === undefined) return undefined;
  const { start, end, explanationUrl } = suggested;
  return { start: Date.parse(start), end: Date.parse(end), ...(explanationUrl !== undefined && { explanationUrl }) };
}

/** Asks the CA again when to renew; what it said before stands while it does not answer. */
export async function suggestedRenewalOf({
  issuedBy,
  certificatePem,
  suggestedRenewal,
}: Outs): Promise<SuggestedWindow | undefined> {
  if (issuedBy === undefined || certificatePem === undefined) return undefined;
  try {
    return shownWindow(await clientOf(issuedBy).renewalInfo(certificatePem));
  } catch (error) {
    if (error instanceof AcmeError) return suggestedRenewal;
    throw error;
  }
}

export function shownWindow(window: RenewalWindow | undefined): SuggestedWindow | undefined {
  if (window === undefined) return undefined;
  const { start, end, explanationUrl } = window;
  return {
    start: formatInstant(start),
    end: formatInstant(end),
    ...(explanationUrl !== undefined && { explanationUrl }),
  };
}

/** Revokes with the certificate's own key, which is all that a deletion has. One that is revoked already stays so. */
export async function revokeIssued(
  { issuedBy, certificatePem, privateKeyPem }: Outs & { readonly privateKeyPem?: string },
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
