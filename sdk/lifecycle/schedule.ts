import { createHash } from "node:crypto";
import { invalidArgument } from "../errors";
import { day, formatDuration, parseDuration } from "../duration";

/** How long a certificate lives and when in that life it is renewed, in milliseconds. */
export interface Plan {
  readonly duration: number;
  readonly renewBefore: number;
  /** Moves the due moment earlier, by an amount that is the same in every run. */
  readonly jitter: number;
}

export interface PlanArguments {
  readonly duration?: string;
  readonly renewBefore?: string;
}

const percentPattern = /^(\d{1,2})%$/;

/** A third of the lifetime; half of it under ten days. */
export function defaultRenewBefore(duration: number): number {
  return Math.floor(duration / (duration < 10 * day ? 2 : 3));
}

/**
 * Reads `duration` and `renewBefore`.
 *
 * @param identity what the jitter is derived from; no jitter without it.
 */
export function planOf(args: PlanArguments, defaultDuration: string, identity?: string): Plan {
  const duration = parseDuration(args.duration ?? defaultDuration, "duration");
  const renewBefore = renewBeforeOf(args.renewBefore, duration);
  return { duration, renewBefore, jitter: jitterOf(identity, duration, renewBefore) };
}

/**
 * Refuses a window that reaches over the whole lifetime, or that a run of the stack could miss.
 *
 * @param cadence the time between two runs of the stack.
 */
export function assertWindow({ duration, renewBefore }: Plan, cadence: number): void {
  if (renewBefore >= duration) {
    throw invalidArgument(
      "renewBefore",
      `${formatDuration(renewBefore)} is not smaller than the duration ${formatDuration(duration)}.`,
      `Choose a window inside the lifetime, for example "${formatDuration(defaultRenewBefore(duration))}".`,
    );
  }
  if (renewBefore < cadence) {
    throw invalidArgument(
      "renewBefore",
      `${formatDuration(renewBefore)} before the end is shorter than the stack's cadence of ${formatDuration(cadence)}: a run could miss it.`,
      "Make the window or the duration longer, or run the stack more often and say so with `pulumi config set certificates:cadence 1h`.",
    );
  }
}

function renewBeforeOf(value: string | undefined, duration: number): number {
  if (value === undefined) return defaultRenewBefore(duration);
  const percent = percentPattern.exec(value)?.[1];
  if (percent === undefined) return parseDuration(value, "renewBefore");
  if (Number(percent) === 0) throw invalidArgument("renewBefore", '"0%" leaves no time to renew.', "Use 1% to 99%.");
  return Math.floor((duration * Number(percent)) / 100);
}

/** Up to a tenth of the renewal window and a twentieth of the time before it, from a hash: equal in preview and up. */
function jitterOf(identity: string | undefined, duration: number, renewBefore: number): number {
  if (identity === undefined) return 0;
  const fraction = createHash("sha256").update(identity).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor((fraction * Math.min(renewBefore / 10, (duration - renewBefore) / 20)) / 60_000) * 60_000;
}

/** When a certificate that starts at `from` and ends at `end` is due. */
export function dueMoment(plan: Plan, end: number): number {
  return end - plan.renewBefore - plan.jitter;
}

/** The end of a certificate that starts at `from`, never after its issuer's own. */
export function endOf(plan: Plan, from: number, issuerEnd: number | undefined): number {
  return Math.min(from + plan.duration, issuerEnd ?? Infinity);
}

/** Due means: its moment would pass before the next run. */
export function isDue(dueAt: number, now: number, cadence: number): boolean {
  return dueAt < now + cadence;
}

/**
 * Where the period after a due moment begins: one cadence before it, the earliest time at which it can be renewed, so
 * that the next date is the same for a preview, its plan and the run after it. A run that comes late keeps to this
 * rhythm; one that comes later than half a period skips as many halves as have passed. A period shorter than two
 * cadences ends with the next run, and has no rhythm to keep.
 */
export function nextStart(plan: Plan, dueAt: number, now: number, cadence: number): number {
  if (!hasRhythm(plan, cadence)) return now;
  const step = stepOf(plan, cadence);
  return dueAt - cadence + stepsPassed(dueAt, now, cadence, step) * step;
}

/** Whether a run less than one cadence after this one counts its next period from the same moment. */
export function isStartSettled(plan: Plan, dueAt: number, now: number, cadence: number): boolean {
  if (!hasRhythm(plan, cadence)) return false;
  const step = stepOf(plan, cadence);
  return stepsPassed(dueAt, now, cadence, step) === stepsPassed(dueAt, now + cadence - 1, cadence, step);
}

function hasRhythm(plan: Plan, cadence: number): boolean {
  return periodOf(plan) >= 2 * cadence;
}

/** At least two cadences: a run that follows a timely preview is within them. */
function stepOf(plan: Plan, cadence: number): number {
  return Math.max(2 * cadence, Math.floor(periodOf(plan) / 2));
}

function stepsPassed(dueAt: number, now: number, cadence: number, step: number): number {
  return Math.max(0, Math.floor((now - (dueAt - cadence)) / step));
}

/** From the start of a certificate to its due moment. */
function periodOf({ duration, renewBefore, jitter }: Plan): number {
  return duration - renewBefore - jitter;
}
