import { CertificatesError, invalidArgument } from "../../errors";
import { type MemberChange, describeChanges } from "../../lifecycle/setChanges";
import { type Schedule, formatSchedule, parseSchedule } from "../../lifecycle/setSchedule";
import type { CertificateDescription } from "../../targets/describedCertificate";
import { sameValue } from "../canonical";
import type { CheckContext } from "../define";
import { describeRequest } from "../describeRequest";
import { limitsOfIssuers } from "../issuerLimits";
import { withIssuerSeen } from "../issuerSeen";
import type { KeepInputs } from "../keep";
import { defaultsOf } from "../leafDefaults";
import { planFor } from "../renewable";
import { noteChecked } from "../runCertificates";
import { hasUnknown, isUnknown, unknown } from "../unknown";
import type { Permitted } from "./manifests";
import {
  type CommonInputs,
  type MemberInputs,
  type Members,
  assertMember,
  memberView,
  nextSchedule,
  parseMembers,
  sharedView,
} from "./members";

export interface CertificateSetInputs extends CommonInputs {
  /** JSON: member name → its arguments. */
  readonly members: string;
  readonly manifests?: string[];
  readonly permitted?: Permitted;
  readonly maxRenewalsPerUpdate?: number;
  readonly owner?: Readonly<Record<string, string>>;
  /** JSON: member name → its schedule. */
  readonly schedule: string;
  /** Which members this run is about and why: what a preview shows. Empty when nothing is due, and for the first issuance. */
  readonly changes: string[];
  [name: string]: unknown;
}

type Inputs = CertificateSetInputs;

/** Above this the engine spends minutes on the property values of one resource, and may die of them. */
const largestState = 30_000_000;

/** Validates every member, and finds out which are due and why. */
export function checkSet(context: CheckContext<Inputs>): Inputs {
  const { olds, credentials, run } = context;
  const news = withIssuerSeen(context);
  if (isUnknown(news.members) || hasUnknown(news.permitted)) {
    return { ...news, schedule: unknown, changes: ["the members are not known yet"] };
  }
  const own = parseMembers(news.members);
  const manifests = news.manifests === undefined ? {} : readManifests(news.manifests, news.permitted, own);
  const members: Members = { ...own, ...manifests };
  const before = olds && {
    members: parseMembers(olds.members),
    schedules: parseSchedules(olds.schedule),
    shared: sharedView(olds),
  };
  const sameCommon = olds !== undefined && sameValue(commonOf(news), commonOf(olds));
  const shared = sharedView(news);
  const common = shared as KeepInputs; // no schedule is asked for here
  const limits = limitsOfIssuers(common, planFor(common, defaultsOf(common)), credentials);
  const changes: MemberChange[] = [];
  const schedules: Record<string, Schedule> = {};
  for (const [name, member] of Object.entries(members)) {
    const text = before?.schedules[name];
    const previous = text === undefined ? undefined : parseSchedule(text);
    const view = memberView(shared, name, member, previous);
    assertMember(view, name, limits, run);
    const old = before?.members[name];
    const schedule = nextSchedule(
      view,
      previous &&
        before &&
        old && {
          view: memberView(before.shared, name, old, previous),
          unchanged: sameCommon && sameValue(member, old),
        },
      run,
    );
    schedules[name] = schedule;
    if (schedule.epoch !== previous?.epoch) changes.push({ name, schedule, ...(previous && { previous }) });
  }
  if (run.dryRun) {
    const describe = (name = ""): CertificateDescription | undefined => {
      const member = members[name];
      if (member === undefined) throw noMember(name, Object.keys(members));
      const isFirst = before?.members[name] === undefined;
      return describeRequest({ news: memberView(shared, name, member, undefined), credentials, isFirst });
    };
    noteChecked("set", news.name, describe, schedules);
  }
  assertSize(news.members.length, Object.values(members));
  const shown = postponed(changes, schedules, news.maxRenewalsPerUpdate);
  for (const name in before?.members) if (!(name in members)) shown.push({ name });
  return {
    ...news,
    ...(Object.keys(manifests).length > 0 && { members: JSON.stringify(members) }),
    schedule: formatSchedules(schedules),
    changes: olds === undefined ? [] : describeChanges(shown),
  };
}

/** What the program refers to and the run would not find. */
function noMember(name: string, present: readonly string[]): CertificatesError {
  const some = present.slice(0, 10).join(", ") || "none";
  return invalidArgument("certificate", `the set has no member "${name}".`, `Name one that it has: ${some}.`);
}

/** The reader of YAML takes as long to load as all the rest. */
function readManifests(...args: Parameters<typeof import("./manifests").readManifests>): Members {
  return (require("./manifests") as typeof import("./manifests")).readManifests(...args);
}

export function parseSchedules(text: string): Readonly<Record<string, string>> {
  return JSON.parse(text) as Record<string, string>;
}

function formatSchedules(schedules: Record<string, Schedule>): string {
  // A date that only the run itself can know makes the whole text unknown in its preview.
  if (Object.values(schedules).some((schedule) => hasUnknown(schedule))) return unknown;
  return JSON.stringify(
    Object.fromEntries(Object.entries(schedules).map(([name, schedule]) => [name, formatSchedule(schedule)])),
  );
}

/** The arguments that stand once for all members. */
function commonOf({
  members: _m,
  schedule: _s,
  changes: _c,
  manifests: _f,
  issuer: _i,
  name: _n,
  __provider: _p,
  ...common
}: Inputs): object {
  return common;
}

/** Renewals by time above `maxRenewalsPerUpdate` wait for the next run; those with the least life left go first. */
function postponed(
  changes: MemberChange[],
  schedules: Record<string, Schedule>,
  most: number | undefined,
): MemberChange[] {
  if (most === undefined) return changes;
  const byTime = changes.filter(({ schedule }) => schedule?.reason === "Renewing").sort((a, b) => due(a) - due(b));
  const waiting = new Set(byTime.slice(most));
  for (const { name, previous } of waiting) if (previous !== undefined) schedules[name] = previous;
  return changes.filter((change) => !waiting.has(change));
}

function due({ previous }: MemberChange): number {
  return Date.parse(previous?.dueAt ?? "");
}

function assertSize(inputLength: number, members: readonly MemberInputs[]): void {
  const size = members.reduce(
    (sum, { privateKey }) => sum + (privateKey?.algorithm?.startsWith("RSA") ? 4_500 : 1_500),
    2 * inputLength,
  );
  if (size <= largestState) return;
  throw new CertificatesError(
    "SetTooLarge",
    `members: ${members.length} members would need about ${Math.round(size / 1e6)} MB of state.`,
    {
      hint: "Divide them over several sets or stacks, for example by a hash of their names; up to 10,000 members a set work well.",
    },
  );
}
