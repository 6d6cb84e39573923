import type { FailureClass } from "../acme/problem";
import { formatDay, formatDuration, parseDuration } from "../duration";
import { invalidArgument, messageOf } from "../errors";
import { type Plan, isDue } from "./schedule";

/** One that may issue: the first, or a fallback. */
export interface Candidate {
  /** As people know it: the name of its resource or directory. */
  readonly name: string;
  /** Whose clients trust what it issues. */
  readonly trust: "private" | "public";
  /** Why it is not to be asked now, as its circuit breaker says. */
  readonly blocked?: string;
}

/** A candidate that was asked in this run and did not issue. */
export interface CandidateFailure {
  readonly name: string;
  readonly failureClass: FailureClass;
  readonly message: string;
}

export interface FallbackSituation<T extends Candidate> {
  /** The first issuer, then the fallbacks in their order. */
  readonly candidates: readonly T[];
  readonly allowTrustChange?: boolean;
  /** When the certificate in use ends; undefined if there is none. */
  readonly notAfter?: number;
  /** The certificate in use must not stay: its key is compromised. */
  readonly isUrgent?: boolean;
  readonly plan: Plan;
  readonly fallbackBelow?: string;
  readonly now: number;
  readonly cadence: number;
}

const percentPattern = /^(\d{1,3})%$/;

/** Refuses fallbacks that would change who trusts the certificate, and ones that stand twice. No I/O: for a preview. */
export function assertFallbacks(candidates: readonly Candidate[], allowTrustChange = false): void {
  const [first, ...fallbacks] = candidates;
  fallbacks.forEach(({ name, trust }, index) => {
    const property = `fallbackIssuers[${index}]`;
    if (trust !== first?.trust && !allowTrustChange) {
      throw invalidArgument(
        property,
        `${name} is a ${trust} issuer, and the first one is ${first?.trust}: clients that trust the one need not trust the other.`,
        "Choose one of the same kind, or set allowTrustChange if all clients trust both.",
      );
    }
    if (candidates.findIndex((other) => other.name === name) <= index) {
      throw invalidArgument(property, `${name} stands there already.`, "Name each issuer once.");
    }
  });
}

/**
 * From when on a fallback may issue: `fallbackBelow` before the end, as a duration or as a part of the renewal window,
 * and within it. A third of the window if nothing is said.
 */
export function fallbackMoment(fallbackBelow: string | undefined, plan: Plan, notAfter: number): number {
  return notAfter - Math.min(fallbackTime(fallbackBelow, plan), plan.renewBefore);
}

function fallbackTime(value: string | undefined, { renewBefore }: Plan): number {
  if (value === undefined) return renewBefore / 3;
  const percent = percentPattern.exec(value)?.[1];
  return percent === undefined ? parseDuration(value, "fallbackBelow") : (renewBefore * Number(percent)) / 100;
}

/** Refuses a `fallbackBelow` outside of the renewal window. */
export function assertFallbackBelow(value: string | undefined, plan: Plan): void {
  const time = fallbackTime(value, plan);
  if (time > 0 && time <= plan.renewBefore) return;
  throw invalidArgument(
    "fallbackBelow",
    `"${value}" is not inside the renewal window of ${formatDuration(plan.renewBefore)}.`,
    'Use a part of the window such as "33%", or a duration within it.',
  );
}

/** Who is to be asked next in this run, or why nobody is. */
export type Next<T> =
  { readonly candidate: T; readonly why?: never } | { readonly candidate?: never; readonly why: string };

/**
 * The next to ask, after those that failed in this run. The first issuer is asked in every run; a fallback only where
 * it can help and the certificate in use is close to its end, has ended or must not stay.
 */
export function nextCandidate<T extends Candidate>(
  situation: FallbackSituation<T>,
  failures: readonly CandidateFailure[],
): Next<T> {
  const { candidates, allowTrustChange = false } = situation;
  const [first, ...fallbacks] = candidates;
  const asked = new Set(failures.map(({ name }) => name));
  if (first === undefined) return { why: "no issuer is named" };
  if (first.blocked === undefined && !asked.has(first.name)) return { candidate: first };
  if (fallbacks.length === 0) return { why: "there is no fallback issuer" };
  const hopeless = failures.map(reasonAgainstOthers).find((reason) => reason !== undefined);
  if (hopeless !== undefined) return { why: hopeless };
  const early = reasonToWait(situation);
  if (early !== undefined) return { why: early };
  const next = fallbacks.find(
    ({ name, blocked, trust }) =>
      blocked === undefined && !asked.has(name) && (allowTrustChange || trust === first.trust),
  );
  return next === undefined ? { why: "no other fallback issuer may be asked" } : { candidate: next };
}

/** A failure that every other issuer would come to as well. */
function reasonAgainstOthers({ failureClass }: CandidateFailure): string | undefined {
  if (failureClass === "fatal") return "no issuer would accept the request as it is";
  if (failureClass === "newOrder") return "the names could not be proved, which another issuer would find as well";
  return undefined;
}

function reasonToWait<T extends Candidate>(situation: FallbackSituation<T>): string | undefined {
  const { notAfter, isUrgent = false, plan, fallbackBelow, now, cadence } = situation;
  if (notAfter === undefined || isUrgent) return undefined;
  const moment = fallbackMoment(fallbackBelow, plan, notAfter);
  if (isDue(moment, now, cadence)) return undefined;
  return `the certificate in use is valid until ${formatDay(notAfter)}: fallback issuers are asked from ${formatDay(moment)} on`;
}

/** For the state: which issuer served, and why not the first. Undefined where the first one did. */
export function describeServed<T extends Candidate>(
  { candidates }: FallbackSituation<T>,
  served: T,
  failures: readonly CandidateFailure[],
): string | undefined {
  const [first] = candidates;
  if (first === undefined || served.name === first.name) return undefined;
  const before = candidates.slice(0, candidates.indexOf(served));
  return `Issued by ${served.name}: ${sentences(before, failures)} The next renewal asks ${first.name} first again.`;
}

/** For the error of the run, and for `lastFailure`: what each said, and why no other was asked. */
export function describeNoneServed<T extends Candidate>(
  { candidates }: FallbackSituation<T>,
  failures: readonly CandidateFailure[],
  why: string,
): string {
  const said = sentences(candidates, failures);
  return candidates.length === 1 ? said : `${said} No other issuer was asked: ${why}.`;
}

function sentences(candidates: readonly Candidate[], failures: readonly CandidateFailure[]): string {
  return candidates
    .flatMap(({ name, blocked }) => {
      const message = failures.find((failure) => failure.name === name)?.message ?? blocked;
      return message === undefined ? [] : [sentence(message.startsWith(name) ? message : `${name}: ${message}`)];
    })
    .join(" ");
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What is to be done about whatever an issuer threw. */
export function failureOf(name: string, error: unknown): CandidateFailure {
  return { name, failureClass: failureClassOf(error), message: messageOf(error) };
}

function failureClassOf(error: unknown): FailureClass {
  const { failureClass, code, retryable } = error as {
    failureClass?: FailureClass;
    code?: unknown;
    retryable?: unknown;
  };
  if (failureClass !== undefined) return failureClass;
  if (retryable === true) return "retryLater";
  // An argument that can never work does not work elsewhere; what only this issuer forbids may.
  return code === "InvalidArgument" || code === "KeyMismatch" ? "fatal" : "nextIssuer";
}
