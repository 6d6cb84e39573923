import { describeDue } from "./describe";
import type { Schedule } from "./setSchedule";

/** Above this number of members the preview lists names by reason instead of a line for each. */
const linesAtMost = 50;

export interface MemberChange {
  readonly name: string;
  /** Undefined for a member that was removed. */
  readonly schedule?: Schedule;
  readonly previous?: Schedule;
}

/** The input `changes`: which members are due and why, and which are gone; nothing else shows in a preview. */
export function describeChanges(changes: readonly MemberChange[]): string[] {
  return changes.length <= linesAtMost ? changes.map(line) : byReason(changes);
}

function line({ name, schedule, previous }: MemberChange): string {
  if (schedule === undefined) return `${name} was removed`;
  const byTime = schedule.reason === "Renewing" || schedule.reason === "Expired";
  return describeDue({
    name,
    reason: schedule.reason,
    dueAt: previous?.dueAt,
    ...(byTime && { nextDueAt: schedule.dueAt }),
  });
}

function byReason(changes: readonly MemberChange[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, schedule } of changes) {
    const reason = schedule?.reason ?? "Removed";
    const list = names.get(reason);
    if (list === undefined) names.set(reason, [name]);
    else list.push(name);
  }
  return [...names].map(([reason, list]) => `${list.length} members [${reason}]: ${list.join(", ")}`);
}
