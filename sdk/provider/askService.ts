import { AcmeClient, type AcmeClientOptions } from "../acme/client";
import type { Directory } from "../acme/directory";
import { AcmeError } from "../acme/problem";
import { shownWindow } from "../issuers/acme";
import type { IssuingService, Previous, SuggestedWindow } from "../issuers/issuer";
import { type Blame, CircuitBreakers, CircuitOpen } from "../net/breaker";
import { revocationOf } from "../verify/revocation";
import { engineSignal } from "./engine";
import { type RevocationReason, type ServiceOutputs, revocationReasons } from "./issuingService";
import { answeredWithin, refreshPatience } from "./patience";
import type { RenewableOuts } from "./renewable";

type Outs = RenewableOuts & ServiceOutputs;

/** Asks the CA again when to renew; what it said before stands while it does not answer. */
export async function suggestedRenewalOf({
  issuedBy,
  certificatePem,
  suggestedRenewal,
}: Outs): Promise<SuggestedWindow | undefined> {
  if (issuedBy === undefined || certificatePem === undefined) return undefined;
  const ask = () => asked(issuedBy, refreshPatience, (client) => client.renewalInfo(certificatePem));
  try {
    const window = await askable.run(issuedBy.directoryUrl, ask, blameOf);
    return window && shownWindow(window);
  } catch (error) {
    if (error instanceof AcmeError || error instanceof CircuitOpen) return suggestedRenewal;
    throw error;
  }
}

/** Revokes with the certificate's own key, which is all that a deletion has. One that is revoked already stays so. */
export async function revokeIssued(
  { issuedBy, certificatePem, privateKeyPem }: Partial<Previous> & { readonly privateKeyPem?: string | undefined },
  reason: RevocationReason,
): Promise<void> {
  if (issuedBy === undefined || certificatePem === undefined || privateKeyPem === undefined) return;
  const options = { reason: revocationReasons[reason], privateKeyPem };
  await asked(issuedBy, deletionPatience, (client) => client.revoke(certificatePem, options));
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
    timeoutMs: refreshPatience,
    ...bundle,
  });
  if (status === "unknown") return outs.revocation;
  if (status === "good") return undefined;
  return { ...(revokedAt !== undefined && { at: revokedAt }), ...(reason !== undefined && { reason: String(reason) }) };
}

const deletionPatience = 30_000;

/** Of a CA that did not answer for some certificates, the others of the stack do not wait for an answer. */
const askable = new CircuitBreakers();

function blameOf(error: unknown): Blame {
  if (!(error instanceof AcmeError)) return "unknown";
  return error.details.isIssuersFault === true ? "theirs" : "notTheirs";
}

/** For a question that no account signs. */
async function asked<T>(
  service: IssuingService,
  limitMs: number,
  question: (client: AcmeClient) => Promise<T>,
): Promise<T> {
  const directory = await directoryOf(service, limitMs);
  const ask = (signal: AbortSignal) => question(clientOf(service, { signal, retryBudgetMs: limitMs, directory }));
  return answeredWithin(limitMs, service.directoryUrl, ask);
}

const directories = new Map<string, Promise<Directory>>();

/** Fetched once for all certificates of a CA. */
function directoryOf(service: IssuingService, limitMs: number): Promise<Directory> {
  const key = JSON.stringify([service.directoryUrl, service.caBundlePem]);
  let directory = directories.get(key);
  if (directory === undefined) {
    const fetch = (signal: AbortSignal) => clientOf(service, { signal, retryBudgetMs: limitMs }).directory();
    directories.set(key, (directory = answeredWithin(limitMs, service.directoryUrl, fetch)));
    directory.catch(() => directories.delete(key));
  }
  return directory;
}

function clientOf(
  { directoryUrl, caBundlePem }: IssuingService,
  options: Pick<AcmeClientOptions, "signal" | "retryBudgetMs" | "directory">,
): AcmeClient {
  const bundle = caBundlePem === undefined ? {} : { caBundlePem };
  return new AcmeClient({ directoryUrl, ...bundle, accountKeyPem: "", ...options });
}
