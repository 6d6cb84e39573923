import { formatInstant } from "../duration";
import type { Reason } from "./reasons";
import { dueMoment, endOf, isDue, nextStart, type Plan } from "./schedule";

/** The schedule of one certificate, a visible input: it changes only when the certificate is due. */
export interface Renewal {
  /** Counts issuances. A certificate whose own epoch lags behind is issued again. */
  readonly epoch: number;
  readonly reason: Reason;
  /** When the period that `dueAt` was derived from began. */
  readonly from?: string;
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
  readonly spkiSha256: string;
  /** Of the issuer's certificate, its chain and its trust bundle together. */
  readonly fingerprint: string;
  /** The earliest end in the issuer's chain. */
  readonly notAfter: string;
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

/** Names a key and the chain above it, short enough for people to compare: `key/chain`. */
export function issuerKey(seen: IssuerSeen | undefined): string | undefined {
  return seen && `${keyName(seen)}/${seen.fingerprint.slice(0, 16)}`;
}

function keyName({ spkiSha256 }: IssuerSeen): string {
  return Buffer.from(spkiSha256, "base64").toString("hex").slice(0, 16);
}

/** The schedule after this run: the previous one where nothing is due, the next epoch with its reason where something is. */
export function decide(situation: Situation): Renewal {
  const { renewal, plan, issuer } = situation;
  const reason = renewal === undefined ? "DoesNotExist" : (changeReason(situation) ?? timeReason(situation, renewal));
  if (renewal === undefined || (reason !== undefined && reason !== "IssuerRenewed")) {
    const byTime = reason === "Renewing" || reason === "Expired";
    const from = byTime ? nextStart(instant(renewal?.dueAt) ?? 0, situation.now, situation.cadence) : situation.now;
    return {
      epoch: (renewal?.epoch ?? 0) + 1,
      reason: reason as Reason,
      ...(isOpen(situation, byTime) ? {} : datesOf(plan, from, issuer?.seen)),
      ...signedBy(issuer),
    };
  }
  const dates = sameSchedule(plan, situation.previousPlan) ? currentDates(renewal) : replanned(situation, renewal);
  if (reason === undefined) return { ...renewal, ...dates };
  return { epoch: renewal.epoch + 1, reason, ...dates, ...signedBy(issuer) };
}

/** Whether a preview must leave the new dates open: they come from the clock of the run, or from an issuer that changes. */
function isOpen({ dryRun, issuer }: Situation, byTime: boolean): boolean {
  return dryRun && (!byTime || (issuer !== undefined && issuer.seen === undefined));
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
  const now = issuerKey(issuer.seen);
  if (now !== undefined && now === renewal?.issuer) return undefined;
  if (issuer.resource !== previousIssuer.resource) return "IncorrectIssuer";
  if (issuer.generation !== previousIssuer.generation) return "IssuerKeyChanged";
  if (now === undefined || now !== issuerKey(previousIssuer.seen)) return undefined;
  return issuer.seen !== undefined && keyName(issuer.seen) === renewal?.issuer?.split("/")[0]
    ? "IssuerRenewed"
    : "IssuerKeyChanged";
}

function timeReason({ plan, issuer, now, cadence, paused }: Situation, renewal: Renewal): Reason | undefined {
  const dueAt = instant(renewal.dueAt);
  if (dueAt === undefined || paused || !isDue(dueAt, now, cadence)) return undefined;
  const end = dueAt + plan.renewBefore + plan.jitter;
  if (!gains(plan, issuer?.seen, now, end, cadence)) return undefined;
  return now >= end ? "Expired" : "Renewing";
}

/** Whether a new certificate would outlive the one that ends at `end`: not when the issuer itself ends then. */
export function gains(plan: Plan, seen: IssuerSeen | undefined, now: number, end: number, cadence: number): boolean {
  return endOf(plan, now, instant(seen?.notAfter)) > end + Math.min(cadence, plan.duration / 20);
}

function sameSchedule(plan: Plan, previous: Plan | undefined): boolean {
  return previous !== undefined && plan.duration === previous.duration && plan.renewBefore === previous.renewBefore;
}

function currentDates({ from, dueAt }: Renewal): Pick<Renewal, "from" | "dueAt"> {
  return { ...(from === undefined ? {} : { from }), ...(dueAt === undefined ? {} : { dueAt }) };
}

/** Another window on the same certificate: its due moment moves by the difference, nothing is issued. */
function replanned({ plan, previousPlan }: Situation, renewal: Renewal): Pick<Renewal, "from" | "dueAt"> {
  const dueAt = instant(renewal.dueAt);
  if (previousPlan === undefined || dueAt === undefined) return currentDates(renewal);
  const end = dueAt + previousPlan.renewBefore + previousPlan.jitter;
  return { ...currentDates(renewal), dueAt: formatInstant(dueMoment(plan, end)) };
}

/** The dates of a certificate that starts at `from`; open where the issuer's end is not known yet. */
export function datesOf(
  plan: Plan,
  from: number,
  seen: IssuerSeen | undefined,
): Required<Pick<Renewal, "from" | "dueAt">> {
  const end = endOf(plan, from, instant(seen?.notAfter));
  return { from: formatInstant(from), dueAt: formatInstant(dueMoment(plan, end)) };
}

function signedBy(issuer: IssuerFacts | undefined): Pick<Renewal, "issuer"> {
  const key = issuerKey(issuer?.seen);
  return key === undefined ? {} : { issuer: key };
}

function instant(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Date.parse(value);
}
