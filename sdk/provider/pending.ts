import { type Renewal, gains } from "../lifecycle/decide";
import { dueMoment, isDue } from "../lifecycle/schedule";
import { orderReason } from "../lifecycle/serviceDue";
import { digestOf } from "./canonical";
import type { Run } from "./clock";
import type { ServiceOutputs } from "./issuingService";
import { type RenewableDefaults, type RenewableInputs, type RenewableOuts, factsOf, planFor } from "./renewable";

/** Digest of everything that the outputs depend on besides the schedule and the identity of the issuers. */
export function settingsOf(inputs: RenewableInputs & Record<string, unknown>): string {
  const {
    name: _n,
    issuer,
    renewal: _r,
    compromisedKeys: _c,
    paused: _p,
    adopt: _a,
    adoption: _d,
    fallbackIssuers: _f,
    fallbackBelow: _b,
    allowTrustChange: _t,
    __provider: _h,
    ...settings
  } = inputs;
  return digestOf({ ...settings, issuer: issuer?.kind });
}

/** Why a certificate that exists must be issued again now, or undefined. The order is that of {@link reasons}. */
export function pendingReason(
  news: RenewableInputs,
  outs: RenewableOuts & ServiceOutputs,
  run: Run | undefined,
  defaults: RenewableDefaults,
): Renewal["reason"] | undefined {
  if (outs.certificatePem === undefined) return "DoesNotExist";
  if (isCompromised(news, outs)) return "KeyCompromised";
  if (run === undefined) return undefined;
  if (defaults.followsCertificate === true) return orderReason(news, outs, run.now, run.cadence);
  if (outs.revocation !== undefined) return "Revoked";
  const realReason =
    news.paused !== true && !isPostponed(news, run) && endsInWindow(news, outs, run, defaults) ? "Renewing" : undefined;
  if (news.renewal.epoch <= outs.renewal.epoch) return realReason;
  return news.renewal.reason === "IssuerRenewed" ? (realReason ?? "IssuerRenewed") : news.renewal.reason;
}

export function isCompromised({ compromisedKeys }: RenewableInputs, { spkiSha256 }: RenewableOuts): boolean {
  return Array.isArray(compromisedKeys) && compromisedKeys.includes(spkiSha256);
}

/** Due by its own schedule, and left as it is by this run's check: other renewals go first. */
function isPostponed({ renewal: { dueAt } }: RenewableInputs, run: Run): boolean {
  return dueAt !== undefined && isDue(Date.parse(dueAt), run.now, run.cadence);
}

/** The real end decides in the last resort: the schedule may come from an import, or from another clock. */
function endsInWindow(
  news: RenewableInputs,
  outs: RenewableOuts & ServiceOutputs,
  run: Run,
  defaults: RenewableDefaults,
): boolean {
  const plan = planFor(news, defaults);
  const end = Date.parse(outs.notAfter ?? "");
  const seen = factsOf(news.issuer)?.seen;
  return (
    isDue(dueMoment({ ...plan, jitter: 0 }, end), run.now, run.cadence) && gains(plan, seen, run.now, end, run.cadence)
  );
}
