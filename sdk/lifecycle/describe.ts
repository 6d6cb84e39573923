import { formatDay } from "../duration";
import { type Reason, reasons } from "./reasons";

/** What a message about a due certificate is made of; everything may be missing or unknown in a preview. */
export interface DueCertificate {
  readonly name: string;
  readonly reason?: unknown;
  readonly notAfter?: unknown;
  readonly dueAt?: unknown;
  readonly nextDueAt?: unknown;
  readonly lastFailure?: unknown;
}

/** One line for people: which certificate, the reason's code and words, the old dates and the next one. */
export function describeDue({ name, reason, notAfter, dueAt, nextDueAt, lastFailure }: DueCertificate): string {
  // Only a reason by time is left open: whether the certificate will have expired when the run comes.
  const code = isReason(reason) ? reason : "Renewing";
  const parts = [
    dayOf("due since", dueAt, code === "Renewing" || code === "Expired"),
    dayOf("expires", notAfter, true),
    dayOf("next due", nextDueAt, nextDueAt !== dueAt),
    typeof lastFailure === "string" ? "tries again after: " + lastFailure : undefined,
  ].filter((part) => part !== undefined);
  return `${name} ${reasons[code]} [${code}]${parts.length === 0 ? "" : ": " + parts.join(", ")}`;
}

function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(reasons, value);
}

function dayOf(label: string, value: unknown, wanted: boolean): string | undefined {
  return wanted && typeof value === "string" && !Number.isNaN(Date.parse(value))
    ? `${label} ${formatDay(value)}`
    : undefined;
}
