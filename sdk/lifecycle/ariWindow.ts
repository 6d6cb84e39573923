import { createHash } from "node:crypto";
import { formatInstant } from "../duration";

/** When the CA suggests to renew (RFC 9773, 4.2), in milliseconds since 1970. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  readonly explanationUrl?: string;
}

export interface SuggestedRenewal {
  readonly notBefore: number;
  readonly notAfter: number;
  /** When it would be due without a suggestion. */
  readonly ownDueAt: number;
  readonly window?: RenewalWindow;
  /** Names the certificate (RFC 9773, 4.1). */
  readonly certId: string;
  /** Project, stack and name. */
  readonly resource: string;
  readonly cadence: number;
}

export interface DueMoment {
  /** To be compared as every due moment: due if it would pass before the next run. */
  readonly dueAt: number;
  /** Whose moment it is: that of `renewBefore`, the CA's, or the last one that leaves time to find out what is wrong. */
  readonly by: "renewBefore" | "suggestion" | "emergency";
}

/** The parts of its life in which a certificate no longer waits for the CA's moment, and for no moment at all (CertMagic). */
const ignoreSuggestion = 1 / 20;
const renewAnyway = 1 / 50;

/** An end that is not after the start is no answer (RFC 9773, 4.2). */
export function isUsable({ start, end }: RenewalWindow): boolean {
  return Number.isFinite(start) && Number.isFinite(end) && end > start;
}

/**
 * The moment inside the window: from a hash, so that a preview, its `up` and every later run agree, and another moment
 * for each certificate. In a window wider than the cadence it is at least one cadence after the start: then the run
 * before it lies in the window too, as CAs ask for before they exempt a renewal from their limits.
 */
export function chosenMoment({ start, end }: RenewalWindow, certId: string, resource: string, cadence: number): number {
  const from = end - start > cadence ? start + cadence : start;
  const digest = createHash("sha256")
    .update(JSON.stringify([certId, resource]))
    .digest();
  const fraction = digest.readUIntBE(0, 6) / 2 ** 48;
  return from + Math.floor(((end - from) * fraction) / 1_000) * 1_000;
}

/**
 * When a certificate is due, by the CA's window and by its own plan. A usable window takes the place of `renewBefore`,
 * earlier or later, but for the end of the life: under a twentieth its moment no longer postpones anything, and under a
 * fiftieth nothing does.
 */
export function suggestedDueMoment(renewal: SuggestedRenewal): DueMoment {
  const { notBefore, notAfter, ownDueAt, window, certId, resource, cadence } = renewal;
  const life = notAfter - notBefore;
  const last = notAfter - Math.floor(life * renewAnyway);
  const own: DueMoment = ownDueAt <= last ? { dueAt: ownDueAt, by: "renewBefore" } : { dueAt: last, by: "emergency" };
  if (window === undefined || !isUsable(window)) return own;
  const dueAt = chosenMoment(window, certId, resource, cadence);
  const ignoredFrom = notAfter - Math.floor(life * ignoreSuggestion);
  if (dueAt <= ignoredFrom) return { dueAt, by: "suggestion" };
  return own.dueAt > ignoredFrom ? earlier(own, { dueAt, by: "suggestion" }) : { dueAt: ignoredFrom, by: "emergency" };
}

function earlier(one: DueMoment, other: DueMoment): DueMoment {
  return other.dueAt < one.dueAt ? other : one;
}

/** Whether an order that replaces the certificate now is one that the CA does not count. */
export function isExemptNow(window: RenewalWindow | undefined, now: number): boolean {
  return window !== undefined && isUsable(window) && now >= window.start && now <= window.end;
}

/** The CA's suggestion in words; its explanation only if that is a web address. */
export function describeWindow({ start, end, explanationUrl }: RenewalWindow): string {
  const words = `the CA asks for renewal between ${formatInstant(start)} and ${formatInstant(end)}`;
  return isWebAddress(explanationUrl) ? `${words}: ${explanationUrl}` : words;
}

function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && text.length <= 500 && /^https?:\/\/[\x21-\x7e]+$/.test(text) && URL.canParse(text);
}
