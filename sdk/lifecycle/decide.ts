import { formatInstant } from "../duration";
import type { Reason } from "./reasons";
import { dueMoment, endOf, isDue, isStartSettled, nextStart, type Plan } from "./schedule";

/** The schedule of one certificate, a visible input: it changes only when the certificate is due. */
export interface Renewal {
  /** Counts issuances. A certificate whose own epoch lags behind is issued again. */
  readonly epoch: number;
  readonly reason: Reason;
  readonly dueAt?: string;
  /** Key and chain of the issuer of this epoch. */
  readonly issuer?: string;
}

/** What is known of an issuer. */
export interface IssuerFacts {
  /** Known to the program before anything runs: which resource, and which key of it the user asked for. */
  readonly resource: string;
  readonly generation: number;
  /** Known once the issuer exists and as long as it does not change itself. */
  readonly seen?: IssuerSeen;
}

export interface IssuerSeen {
  /** Names its key and the chain above it, short enough for people to compare: `key/chain`. */
  readonly identity: string;
  /** The earliest end in the issuer's chain; undefined for a CA that manages itself. */
  readonly notAfter?: string;
}

export interface Situation {
  readonly plan: Plan;
  readonly previousPlan: Plan | undefined;
  readonly renewal: Renewal | undefined;
  readonly issuer: IssuerFacts | undefined;
  readonly previousIssuer: IssuerFacts | undefined;
  readonly requestChanged: boolean;
  readonly triggersChanged: boolean;
  /** Not due by time: adopted with other arguments is no reason, and the user may have paused renewals. */
  readonly paused: boolean;
  readonly now: number;
  readonly cadence: number;
  /** A date that would come from this run's clock is left open in a preview. */
  readonly dryRun: boolean;
}

/** A schedule as a preview may know it: what only the clock of the run itself can say is left open. */
export type Decision = Omit<Renewal, "reason"> & Partial<Pick<Renewal, "reason">>;

/** The schedule after this run: the previous one where nothing is due, the next epoch with its reason where something is. */
export function decide(situation: Situation): Decision {
  const { issuer } = situation;
  const renewal = situation.renewal && replanned(situation, situation.renewal);
  if (renewal === undefined)
    return { epoch: 1, reason: "DoesNotExist", ...datesFromNow(situation), ...signedBy(issuer) };
  const change = changeReason(situation);
  const epoch = renewal.epoch + 1;
  // A certificate that is due takes over the issuer's new chain with its renewal.
  if ((change === undefined || change === "IssuerRenewed") && isDueByTime(situation, renewal)) {
    return { epoch, ...timeReason(situation, renewal), ...datesAfter(situation, renewal), ...signedBy(issuer) };
  }
  if (change === undefined) return { ...(isFirstSeen(situation) && signedBy(issuer)), ...renewal };
  const dates = change === "IssuerRenewed" ? currentDates(renewal) : datesFromNow(situation);
  return { epoch, reason: change, ...dates, ...signedBy(issuer) };
}

/** The run before could not issue because it saw nothing of the issuer: what it wanted is issued by the one seen now. */
function isFirstSeen({ issuer, previousIssuer }: Situation): boolean {
  return issuer !== undefined && previousIssuer !== undefined && previousIssuer.seen === undefined;
}

/** The dates of a certificate that is issued in this run because of a change. */
function datesFromNow({ plan, issuer, now, dryRun }: Situation): Dates {
  return dryRun ? {} : datesOf(plan, now, issuer?.seen);
}

/** The dates after a renewal by time; open in a preview if a run soon after it could come to others. */
function datesAfter({ plan, issuer, now, cadence, dryRun }: Situation, renewal: Renewal): Dates {
  const dueAt = instant(renewal.dueAt) ?? now;
  const isOpen =
    dryRun && ((issuer !== undefined && issuer.seen === undefined) || !isStartSettled(plan, dueAt, now, cadence));
  return isOpen ? {} : datesOf(plan, nextStart(plan, dueAt, now, cadence), issuer?.seen);
}

/** Reasons from the program and from the issuer; those of the issuer only once they are settled. */
function changeReason(situation: Situation): Reason | undefined {
  if (situation.requestChanged) return "RequestChanged";
  if (situation.triggersChanged) return "TriggersChanged";
  return issuerReason(situation);
}

/**
 * A difference that the program shows (another resource, another generation) is due at once. One that becomes known
 * only while the stack is being updated is recorded by that run and due in the next, so that a preview shows it.
 */
function issuerReason({ issuer, previousIssuer, renewal }: Situation): Reason | undefined {
  if ((issuer === undefined) !== (previousIssuer === undefined)) return "IncorrectIssuer";
  if (issuer === undefined || previousIssuer === undefined) return undefined;
  if (issuer.seen !== undefined && issuer.seen.identity === renewal?.issuer) return undefined;
  if (issuer.resource !== previousIssuer.resource) return "IncorrectIssuer";
  if (issuer.generation !== previousIssuer.generation) return "IssuerKeyChanged";
  // An issuer that is not known in this preview may come out of its run unchanged: what was recorded is due then.
  const recorded = previousIssuer.seen;
  const identity = (issuer.seen ?? recorded)?.identity;
  if (recorded === undefined || identity !== recorded.identity || identity === renewal?.issuer) return undefined;
  return keyOf(recorded.identity) === keyOf(renewal?.issuer) ? "IssuerRenewed" : "IssuerKeyChanged";
}

function keyOf(identity: string | undefined): string | undefined {
  return identity?.split("/")[0];
}

function isDueByTime({ plan, issuer, now, cadence, paused }: Situation, renewal: Renewal): boolean {
  const dueAt = instant(renewal.dueAt);
  if (dueAt === undefined || paused || !isDue(dueAt, now, cadence)) return false;
  return gains(plan, issuer?.seen, now, endFor(plan, dueAt), cadence);
}

/** Open in the last preview before the end: the run after it may find the certificate expired. */
function timeReason({ plan, now, cadence, dryRun }: Situation, renewal: Renewal): Pick<Decision, "reason"> {
  const end = endFor(plan, instant(renewal.dueAt) ?? now);
  if (now >= end) return { reason: "Expired" };
  return dryRun && now + cadence > end ? {} : { reason: "Renewing" };
}

/** The end that a due moment was derived from. */
function endFor({ renewBefore, jitter }: Plan, dueAt: number): number {
  return dueAt + renewBefore + jitter;
}

/**
 * Whether a new certificate would outlive the one that ends at `end`: not when the issuer itself ends then, nor, as
 * long as its moment has not passed, in a run soon after the one that issued it. One that has expired is to be issued
 * in any case: if its issuer has ended too, the run fails and says so.
 */
export function gains(plan: Plan, seen: IssuerSeen | undefined, now: number, end: number, cadence: number): boolean {
  if (now >= end) return true;
  // Dates are kept in whole seconds: less than that is nothing.
  const least = dueMoment(plan, end) <= now ? 1_000 : Math.min(cadence, plan.duration / 20);
  return endOf(plan, now, instant(seen?.notAfter)) > end + least;
}

function sameSchedule(plan: Plan, previous: Plan): boolean {
  return (
    plan.duration === previous.duration && plan.renewBefore === previous.renewBefore && plan.jitter === previous.jitter
  );
}

type Dates = Pick<Renewal, "dueAt">;

function currentDates({ dueAt }: Renewal): Dates {
  return dueAt === undefined ? {} : { dueAt };
}

/** Another window on the same certificate: its due moment moves by the difference, nothing is issued for that. */
function replanned({ plan, previousPlan }: Situation, renewal: Renewal): Renewal {
  const dueAt = instant(renewal.dueAt);
  if (previousPlan === undefined || dueAt === undefined || sameSchedule(plan, previousPlan)) return renewal;
  return { ...renewal, dueAt: formatInstant(dueMoment(plan, endFor(previousPlan, dueAt))) };
}

/** The dates of a certificate that starts at `from` and ends with its issuer at the latest. */
export function datesOf(plan: Plan, from: number, seen: IssuerSeen | undefined): Required<Dates> {
  const end = endOf(plan, from, instant(seen?.notAfter));
  return { dueAt: formatInstant(dueMoment(plan, end)) };
}

function signedBy(issuer: IssuerFacts | undefined): Pick<Renewal, "issuer"> {
  return issuer?.seen === undefined ? {} : { issuer: issuer.seen.identity };
}

function instant(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Date.parse(value);
}
