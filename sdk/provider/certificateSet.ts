import { CertificatesError } from "../errors";
import { mayKeepOnFailure, type Reason } from "../lifecycle/reasons";
import { isBackingOff } from "../lifecycle/backoff";
import { sameValue } from "./canonical";
import type { Run } from "./clock";
import {
  type CheckContext,
  type CreateContext,
  type Credentials,
  type DiffContext,
  type UpdateContext,
  Unfinished,
  defineProvider,
} from "./define";
import { issuerConstraints, pendingReason, type RenewableInputs, type RenewableOuts } from "./renewable";
import { type MemberChange, describeChanges } from "../lifecycle/setChanges";
import { type DueMember, type SetContents, issueMembers } from "./set/issueMembers";
import { type Permitted, readManifests } from "./set/manifests";
import {
  type CommonInputs,
  type MemberInputs,
  type Members,
  assertMember,
  defaults,
  memberView,
  nextSchedule,
  parseMembers,
  sharedView,
} from "./set/members";
import { type Schedule, formatSchedule, parseFailed, parseIssued, parseSchedule } from "../lifecycle/setSchedule";
import { migrateState, stateVersion } from "./stateVersion";
import { hasUnknown, isUnknown, unknown } from "./unknown";

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

export interface CertificateSetOuts {
  readonly stateVersion: number;
  /** JSON: what was issued, without the private keys. */
  readonly contentsJson: string;
  /** JSON: member name → private key, PEM. */
  readonly privateKeysJson: string;
  readonly lastFailure?: string;
  readonly warnings?: string[];
}

type Inputs = CertificateSetInputs;
type Outs = CertificateSetOuts;
type Schedules = Readonly<Record<string, string>>;

/** Above this the engine spends minutes on the property values of one resource, and may die of them. */
const largestState = 30_000_000;

function check({ news, olds, credentials, run }: CheckContext<Inputs>): Inputs {
  if (isUnknown(news.members) || hasUnknown(news.permitted)) {
    return { ...news, schedule: unknown, changes: ["the members are not known yet"] };
  }
  const own = parseMembers(news.members);
  const manifests = readManifests(news.manifests ?? [], news.permitted, own);
  const members: Members = { ...own, ...manifests };
  const before = olds && {
    members: parseMembers(olds.members),
    schedules: parseSchedules(olds.schedule),
    shared: sharedView(olds),
  };
  const sameCommon = olds !== undefined && sameValue(commonOf(news), commonOf(olds));
  const constraints = issuerConstraints(news.issuer, credentials);
  const shared = sharedView(news);
  const changes: MemberChange[] = [];
  const schedules: Record<string, Schedule> = {};
  for (const [name, member] of Object.entries(members)) {
    const text = before?.schedules[name];
    const previous = text === undefined ? undefined : parseSchedule(text);
    const view = memberView(shared, name, member, previous);
    assertMember(view, name, constraints, run);
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

function parseSchedules(text: string): Schedules {
  return JSON.parse(text) as Schedules;
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
  scope: _o,
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

interface Member {
  readonly name: string;
  readonly view: RenewableInputs;
  readonly outs: RenewableOuts;
}

function* membersOf(news: Inputs, contents: SetContents): Generator<Member> {
  const shared = sharedView(news);
  const schedules = parseSchedules(news.schedule);
  for (const [name, member] of Object.entries(parseMembers(news.members))) {
    const view = memberView(shared, name, member, parseSchedule(schedules[name] ?? ""));
    yield { name, view, outs: memberOuts(contents, name) };
  }
}

function memberOuts(contents: SetContents, name: string): RenewableOuts {
  const text = contents.issued[name];
  const certificatePem = contents.certificates[name];
  if (text === undefined || certificatePem === undefined) {
    return { spkiSha256: "", renewal: { epoch: 0, reason: "DoesNotExist" }, settings: "" };
  }
  const { epoch, reason, notAfter, spkiSha256 } = parseIssued(text);
  const failed = contents.failures[name];
  const failure = failed === undefined ? {} : parseFailed(failed);
  return { certificatePem, notAfter, spkiSha256, renewal: { epoch, reason }, settings: "", ...failure };
}

/** What the outputs hold; empty before the first issuance. */
function contentsOf({ contentsJson, privateKeysJson }: Partial<Outs>): SetContents {
  const empty = { certificates: {}, issued: {}, chains: {}, trustBundles: {}, failures: {} };
  return {
    ...empty,
    ...(JSON.parse(contentsJson ?? "{}") as object),
    privateKeys: JSON.parse(privateKeysJson ?? "{}") as Record<string, string>,
  };
}

/** Why a member is to be issued in this run, if it is. */
function dueReason({ view, outs }: Member, run: Run | undefined): Reason | undefined {
  const reason = pendingReason(view, outs, run, defaults);
  if (reason === undefined || run === undefined) return reason;
  return mayKeepOnFailure(reason) && isBackingOff(outs.nextAttemptAt, run.now) ? undefined : reason;
}

function diff({ news, outs, checked }: DiffContext<Inputs, Outs>): boolean {
  if (isUnknown(news.members) || isUnknown(news.schedule)) return true;
  const contents = contentsOf(outs);
  let present = 0;
  for (const member of membersOf(news, contents)) {
    if (dueReason(member, checked?.run) !== undefined) return true;
    if (contents.certificates[member.name] !== undefined) present++;
  }
  return present < Object.keys(contents.certificates).length;
}

function create({ news, credentials, run }: CreateContext<Inputs>): Promise<Outs> {
  return bring(news, contentsOf({}), credentials, run);
}

function update({ news, outs, credentials, run }: UpdateContext<Inputs, Outs>): Promise<Outs> {
  return bring(news, contentsOf(outs), credentials, run);
}

/** Issues what is due, drops what is gone, and keeps everything else as it is. */
async function bring(news: Inputs, before: SetContents, credentials: Credentials, run: Run): Promise<Outs> {
  const members = parseMembers(news.members);
  const contents: SetContents = {
    certificates: present(before.certificates, members),
    privateKeys: present(before.privateKeys, members),
    issued: present(before.issued, members),
    failures: present(before.failures, members),
    chains: { ...before.chains },
    trustBundles: { ...before.trustBundles },
  };
  const errors = await issueMembers([...dueMembers(news, before, run)], contents, credentials, run);
  const { privateKeys, ...visible } = withUsedChains(contents);
  const result = {
    stateVersion,
    contentsJson: JSON.stringify(visible),
    privateKeysJson: JSON.stringify(privateKeys),
    ...failureSummary(contents),
  };
  if (errors.length === 0) return result;
  const message = `${errors.length} of ${Object.keys(members).length} members failed, all others are done:\n${errors.slice(0, 20).join("\n")}`;
  throw new Unfinished(new CertificatesError("IssuanceFailed", message), result);
}

function* dueMembers(news: Inputs, before: SetContents, run: Run): Generator<DueMember> {
  for (const member of membersOf(news, before)) {
    const reason = dueReason(member, run);
    if (reason === undefined) continue;
    const { name, view } = member;
    const issued = before.issued[name];
    const certificatePem = before.certificates[name];
    if (issued === undefined || certificatePem === undefined) yield { name, view, reason };
    else {
      const failed = before.failures[name];
      const failure = failed === undefined ? {} : { failed: parseFailed(failed) };
      yield {
        name,
        view,
        reason,
        before: { certificatePem, privateKeyPem: before.privateKeys[name], issued: parseIssued(issued), ...failure },
      };
    }
  }
}

function present(values: Readonly<Record<string, string>>, members: Members): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in members));
}

function withUsedChains(contents: SetContents): SetContents {
  const used = new Set(Object.values(contents.issued).map((text) => parseIssued(text).chain));
  const only = (chains: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(chains).filter(([name]) => used.has(name)));
  return { ...contents, chains: only(contents.chains), trustBundles: only(contents.trustBundles) };
}

function failureSummary({ failures }: SetContents): { lastFailure?: string } {
  const failed = Object.entries(failures);
  if (failed.length === 0) return {};
  const shown = failed.slice(0, 10).map(([name, text]) => `${name}: ${parseFailed(text).lastFailure}`);
  return { lastFailure: `${failed.length} members: ${shown.join("; ")}` };
}

export const certificateSet = defineProvider<Inputs, Outs>({
  check,
  diff,
  create,
  update,
  migrate: migrateState<Outs>,
});
