import type { Renewal } from "./decide";
import type { Reason } from "./reasons";

export type Schedule = Renewal;

const none = "-";

/** A member's schedule as one string: `epoch reason dueAt issuer`. */
export function formatSchedule({ epoch, reason, dueAt, issuer }: Schedule): string {
  return [epoch, reason, dueAt ?? none, issuer ?? none].join(" ");
}

export function parseSchedule(text: string): Schedule {
  const [epoch, reason, dueAt, issuer] = text.split(" ");
  return {
    epoch: Number(epoch),
    reason: reason as Reason,
    ...(dueAt && dueAt !== none ? { dueAt } : {}),
    ...(issuer && issuer !== none ? { issuer } : {}),
  };
}

/** What was issued for a member, as one string: `epoch reason notAfter chain spkiSha256`, and the service that issued it. */
export interface IssuedMember {
  readonly epoch: number;
  readonly reason: Reason;
  readonly notAfter: string;
  /** Under which name the set keeps the chain that this member was issued with. */
  readonly chain: string;
  readonly spkiSha256: string;
  /** Under which name the set keeps the service that issued it. */
  readonly service?: string;
}

export function formatIssued({ epoch, reason, notAfter, chain, spkiSha256, service }: IssuedMember): string {
  return [epoch, reason, notAfter, chain, spkiSha256, ...(service === undefined ? [] : [service])].join(" ");
}

export function parseIssued(text: string): IssuedMember {
  const [epoch, reason, notAfter = "", chain = "", spkiSha256 = "", service] = text.split(" ");
  const issued = { epoch: Number(epoch), reason: reason as Reason, notAfter, chain, spkiSha256 };
  return service === undefined ? issued : { ...issued, service };
}

/** A failed renewal of a member whose certificate was kept, as one string: `attempts nextAttemptAt message`. */
export interface FailedMember {
  readonly attempts: number;
  readonly nextAttemptAt: string;
  readonly lastFailure: string;
}

export function formatFailed({ attempts, nextAttemptAt, lastFailure }: FailedMember): string {
  return [attempts, nextAttemptAt, lastFailure].join(" ");
}

export function parseFailed(text: string): FailedMember {
  const [attempts, nextAttemptAt = "", ...message] = text.split(" ");
  return { attempts: Number(attempts), nextAttemptAt, lastFailure: message.join(" ") };
}
