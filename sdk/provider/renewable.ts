import { invalidArgument } from "../errors";
import { formatDuration, parseDuration } from "../duration";
import { type Decision, type IssuerFacts, type Renewal, decide } from "../lifecycle/decide";
import type { Reason } from "../lifecycle/reasons";
import { type Plan, type PlanArguments, assertWindow, planOf } from "../lifecycle/schedule";
import type { NameConstraints } from "../x509/nameConstraints";
import { sameValue } from "./canonical";
import type { Run } from "./clock";
import { type RequestInputs, requestFields } from "./request";
import { hasUnknown, isUnknown, unknown } from "./unknown";

/** How an issuer stands among the inputs of what it signs. */
export interface IssuerInputs {
  readonly kind: string;
  readonly resource: string;
  /** @default 1 */
  readonly generation?: number;
  /** Which key and chain this check sees of it, and when that ends: `key/chain 2036-03-01T08:00:00Z`. */
  readonly seen?: string;
  /** Of an ACME account: the name or URL of the CA's directory. */
  readonly directory?: string;
  /** Of an ACME account: whether its server's root is one that the user names. */
  readonly hasOwnRoot?: boolean;
  readonly duration?: string;
  readonly pathLength?: number;
  readonly nameConstraints?: NameConstraints;
  /** Where the revocation list and the certificate of the issuer are found: written into what it signs. */
  readonly urls?: IssuerUrls;
}

export interface IssuerUrls {
  readonly crlUrls?: string[];
  readonly issuerUrls?: string[];
  readonly ocspUrls?: string[];
}

/** Inputs that certificates and CAs have in common: what is asked for, by whom it is signed, when it is renewed. */
export interface RenewableInputs extends RequestInputs {
  /** Project, stack and name, from which the jitter is derived: `shop/prod/web`. */
  readonly name: string;
  readonly issuer?: IssuerInputs;
  readonly renewBefore?: string;
  readonly triggers?: unknown;
  readonly compromisedKeys?: string[];
  readonly onRenewalFailure?: { keepUntil?: string };
  readonly paused?: boolean;
  readonly renewal: Renewal;
}

/** The part of a schedule that tells how far a certificate is. */
export type Issuance = Pick<Renewal, "epoch" | "reason" | "dueAt">;

/** Outputs that say what was issued and how far its renewal is. */
export interface RenewableOuts {
  readonly certificatePem?: string;
  readonly notAfter?: string;
  readonly spkiSha256: string;
  readonly renewal: Issuance;
  readonly settings: string;
  readonly lastFailure?: string;
  readonly attempts?: number;
  readonly nextAttemptAt?: string;
}

/** What a type of resource says about its certificates that its arguments leave open. */
export interface RenewableDefaults {
  readonly duration: string;
  /** Arguments whose change issues again, besides those of every request. */
  readonly requestFields?: readonly string[];
  /** False where a renewal needs somebody else: it is never due by time. @default true */
  readonly renewsItself?: boolean;
  /** The issuer chooses the lifetime: when it is due follows from the certificate alone. @default false */
  readonly followsCertificate?: boolean;
}

/**
 * Lifetime and window that the arguments ask for. In a preview, what was asked for `before` stands for an argument that
 * is not known yet, or else its default.
 */
export function planFor(inputs: RenewableInputs, { duration }: RenewableDefaults, before?: RenewableInputs): Plan {
  const args = isPlanKnown(inputs) ? inputs : knownPlan(inputs, before);
  return planOf(args, duration, inputs.name);
}

export function isPlanKnown({ duration, renewBefore }: RenewableInputs): boolean {
  return !isUnknown(duration) && !isUnknown(renewBefore);
}

function knownPlan(inputs: RenewableInputs, before: RenewableInputs | undefined): PlanArguments {
  const known = (field: keyof PlanArguments): PlanArguments => {
    const value = isUnknown(inputs[field]) ? before?.[field] : inputs[field];
    return value === undefined ? {} : { [field]: value };
  };
  return { ...known("duration"), ...known("renewBefore") };
}

/** Checks what `renewBefore`, `duration` and `onRenewalFailure` say against each other, the cadence and the issuer. */
export function assertPlan(inputs: RenewableInputs, plan: Plan, run: Run): void {
  const isKnown = isPlanKnown(inputs);
  if (isKnown) assertWindow(plan, run.cadence);
  const keep = inputs.onRenewalFailure?.keepUntil;
  const kept = keep === undefined || isUnknown(keep) ? 0 : parseDuration(keep, "onRenewalFailure.keepUntil");
  if (isKnown && kept > plan.renewBefore) {
    throw invalidArgument(
      "onRenewalFailure.keepUntil",
      `"${keep}" before the end is earlier than the renewal itself, ${formatDuration(plan.renewBefore)} before the end.`,
      "Choose a time inside the renewal window.",
    );
  }
  const lifetime = inputs.issuer?.duration;
  if (lifetime === undefined || hasUnknown([lifetime, inputs.duration])) return;
  if (plan.duration > parseDuration(lifetime, "the issuer's duration")) {
    throw invalidArgument(
      "duration",
      `${formatDuration(plan.duration)} is longer than the whole life of the issuing CA (${lifetime}).`,
      "Ask for a shorter duration or give the CA a longer one.",
    );
  }
}

/**
 * The `renewal` input after this check.
 *
 * @param isSameRequest no argument of the request is to be looked at: it is known to be the same, or does not count.
 */
export function nextRenewal(
  news: RenewableInputs,
  olds: RenewableInputs | undefined,
  run: Run,
  defaults: RenewableDefaults,
  isSameRequest = false,
): Renewal {
  const renewal = decide({
    plan: planFor(news, defaults, olds),
    previousPlan: olds && planFor(olds, defaults),
    renewal: olds?.renewal,
    issuer: factsOf(news.issuer),
    previousIssuer: factsOf(olds?.issuer),
    requestChanged: olds !== undefined && !isSameRequest && changedFields(news, olds, defaults).length > 0,
    triggersChanged: olds !== undefined && !sameValue(news.triggers, olds.triggers),
    paused: news.paused === true || defaults.renewsItself === false,
    ...run,
  });
  const shown = run.dryRun ? previewed(renewal, news, olds) : (renewal as Renewal);
  if (defaults.followsCertificate !== true) return shown;
  const { dueAt: _, ...undated } = shown;
  return undated;
}

/** What only the run itself can know stands as unknown in its preview. */
function previewed(decision: Decision, news: RenewableInputs, olds: RenewableInputs | undefined): Renewal {
  const isDated = isPlanKnown(news);
  if (olds?.renewal.epoch === decision.epoch) {
    return { ...(decision as Renewal), ...(!isDated && decision.dueAt !== undefined && { dueAt: unknown }) };
  }
  return {
    ...decision,
    reason: decision.reason ?? (unknown as Reason),
    dueAt: (isDated ? decision.dueAt : undefined) ?? unknown,
    ...(news.issuer && { issuer: decision.issuer ?? unknown }),
  };
}

/** The schedule as an output: that of the inputs, unless the certificate is ahead of them or was issued for its own end. */
export function issuanceOf({ renewal }: RenewableInputs, previous?: RenewableOuts): Issuance {
  const { epoch, reason, dueAt } = renewal;
  if (previous !== undefined && previous.renewal.epoch > epoch) return previous.renewal;
  const last = previous?.renewal.epoch === epoch ? previous.renewal.reason : reason;
  return { epoch, reason: last, ...(dueAt !== undefined && { dueAt }) };
}

/** How the issuer that is known in this check is named in `renewal`. */
export function issuerOf({ issuer }: RenewableInputs): string | undefined {
  return isUnknown(issuer?.seen) ? unknown : factsOf(issuer)?.seen?.identity;
}

/** Which arguments ask for another certificate than before. */
export function changedFields(news: object, olds: object, { requestFields: more = [] }: RenewableDefaults): string[] {
  const [after, before] = [asked(news), asked(olds)];
  return [...requestFields, ...more].filter((field) => !sameValue(after[field], before[field]));
}

/** Of the key only its algorithm is asked for: how it rotates counts from the next renewal. */
function asked(inputs: RequestInputs): Record<string, unknown> {
  return { ...inputs, privateKey: inputs.privateKey?.algorithm };
}

export function factsOf(issuer: IssuerInputs | undefined): IssuerFacts | undefined {
  if (issuer === undefined) return undefined;
  const { resource, generation = 1, seen, directory } = issuer;
  // Whichever account orders it, a certificate is one of its CA.
  if (directory !== undefined) return { resource: directory, generation, seen: { identity: directory } };
  if (seen === undefined || isUnknown(seen)) return { resource, generation };
  const [identity = "", notAfter = ""] = seen.split(" ");
  return { resource, generation, seen: { identity, notAfter } };
}
