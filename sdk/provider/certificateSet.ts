import { CertificatesError } from "../errors";
import { mayKeepOnFailure, type Reason } from "../lifecycle/reasons";
import { isBackingOff } from "../lifecycle/backoff";
import { canonicalJson } from "./canonical";
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
import { type CommonInputs, assertMember, defaults, memberView, nextSchedule } from "./set/members";
import { type Schedule, formatSchedule, parseFailed, parseIssued, parseSchedule } from "../lifecycle/setSchedule";
import { migrateState, stateVersion } from "./stateVersion";
import { hasUnknown, isUnknown, unknown } from "./unknown";

export interface CertificateSetInputs extends CommonInputs {
  /** Member name → its arguments as JSON. */
  readonly members: Readonly<Record<string, string>>;
  readonly manifests?: string[];
  readonly permitted?: Permitted;
  readonly maxRenewalsPerUpdate?: number;
  readonly owner?: Readonly<Record<string, string>>;
  /** Member name → its schedule. */
  readonly schedule: Readonly<Record<string, string>>;
  /** Which members this run is about and why: what a preview shows. Empty when nothing is due, and for the first issuance. */
  readonly changes: string[];
  [name: string]: unknown;
}

export interface CertificateSetOuts extends SetContents {
  readonly stateVersion: number;
  readonly lastFailure?: string;
  readonly warnings?: string[];
}

type Inputs = CertificateSetInputs;
type Outs = CertificateSetOuts;

/** Above this the engine spends minutes on the property values of one resource, and may die of them. */
const largestState = 30_000_000;

function check({ news, olds, credentials, run }: CheckContext<Inputs>): Inputs {
  if (isUnknown(news.members) || hasUnknown(news.permitted)) {
    return { ...news, schedule: unknown as never, changes: ["the members are not known yet"] };
  }
  const members = { ...news.members, ...readManifests(news.manifests ?? [], news.permitted, news.members) };
  assertSize(members);
  const inputs = { ...news, members };
  const constraints = issuerConstraints(news.issuer, credentials);
  const changes: MemberChange[] = [];
  const schedules: Record<string, Schedule> = {};
  for (const [name, text] of Object.entries(members)) {
    const before = olds?.schedule[name];
    const previous = before === undefined ? undefined : parseSchedule(before);
    const view = memberView(inputs, name, text, previous);
    assertMember(view, name, constraints, run);
    const schedule = nextSchedule(
      view,
      previous && {
        view: memberView(olds as Inputs, name, olds?.members[name] ?? "{}", previous),
        unchanged: isUnchanged(inputs, olds, name),
      },
      run,
    );
    schedules[name] = schedule;
    if (schedule.epoch !== previous?.epoch) changes.push({ name, schedule, ...(previous && { previous }) });
  }
  const shown = postponed(changes, schedules, news.maxRenewalsPerUpdate);
  for (const name of Object.keys(olds?.members ?? {})) if (!(name in members)) shown.push({ name });
  return {
    ...inputs,
    schedule: schedulesOf(schedules),
    changes: olds === undefined ? [] : describeChanges(shown),
  };
}

function schedulesOf(schedules: Record<string, Schedule>): Record<string, string> {
  // A date that only the run itself can know makes the whole map unknown in its preview.
  if (Object.values(schedules).some((schedule) => hasUnknown(schedule))) return unknown as never;
  return Object.fromEntries(Object.entries(schedules).map(([name, schedule]) => [name, formatSchedule(schedule)]));
}

/** Equal text under equal common arguments cannot ask for another certificate. */
function isUnchanged(news: Inputs, olds: Inputs | undefined, name: string): boolean {
  return olds?.members[name] === news.members[name] && commonText(olds as Inputs) === commonText(news);
}

const commonTexts = new WeakMap<object, string>();

function commonText(inputs: Inputs): string {
  let text = commonTexts.get(inputs);
  if (text === undefined) {
    const {
      members: _m,
      schedule: _s,
      changes: _c,
      manifests: _f,
      issuer: _i,
      name: _n,
      scope: _o,
      __provider: _p,
      ...common
    } = inputs;
    commonTexts.set(inputs, (text = canonicalJson(common)));
  }
  return text;
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

function assertSize(members: Readonly<Record<string, string>>): void {
  const size = Object.values(members).reduce(
    (sum, text) => sum + 2 * text.length + (text.includes("RSA") ? 4_500 : 1_500),
    0,
  );
  if (size <= largestState) return;
  throw new CertificatesError(
    "SetTooLarge",
    `members: ${Object.keys(members).length} members would need about ${Math.round(size / 1e6)} MB of state.`,
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

function* membersOf(news: Inputs, outs: Partial<Outs>): Generator<Member> {
  for (const [name, text] of Object.entries(news.members)) {
    const view = memberView(news, name, text, parseSchedule(news.schedule[name] ?? ""));
    yield { name, view, outs: memberOuts(outs, name) };
  }
}

function memberOuts(outs: Partial<Outs>, name: string): RenewableOuts {
  const text = outs.issued?.[name];
  const certificatePem = outs.certificates?.[name];
  if (text === undefined || certificatePem === undefined) {
    return { spkiSha256: "", renewal: { epoch: 0, reason: "DoesNotExist" }, settings: "" };
  }
  const { epoch, reason, notAfter, spkiSha256 } = parseIssued(text);
  const failed = outs.failures?.[name];
  return {
    certificatePem,
    notAfter,
    spkiSha256,
    renewal: { epoch, reason },
    settings: "",
    ...(failed === undefined ? {} : parseFailed(failed)),
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
  for (const name of Object.keys(outs.certificates ?? {})) if (!(name in news.members)) return true;
  for (const member of membersOf(news, outs)) if (dueReason(member, checked?.run) !== undefined) return true;
  return false;
}

function create({ news, credentials, run }: CreateContext<Inputs>): Promise<Outs> {
  return bring(news, {}, credentials, run);
}

function update({ news, outs, credentials, run }: UpdateContext<Inputs, Outs>): Promise<Outs> {
  return bring(news, outs, credentials, run);
}

/** Issues what is due, drops what is gone, and keeps everything else as it is. */
async function bring(news: Inputs, outs: Partial<Outs>, credentials: Credentials, run: Run): Promise<Outs> {
  const contents: SetContents = {
    certificates: present(outs.certificates, news),
    privateKeys: present(outs.privateKeys, news),
    issued: present(outs.issued, news),
    failures: present(outs.failures, news),
    chains: { ...outs.chains },
    trustBundles: { ...outs.trustBundles },
  };
  const errors = await issueMembers([...dueMembers(news, outs, run)], contents, credentials, run);
  const result = { stateVersion, ...withUsedChains(contents), ...failureSummary(contents) };
  if (errors.length === 0) return result;
  const message = `${errors.length} of ${Object.keys(news.members).length} members failed, all others are done:\n${errors.slice(0, 20).join("\n")}`;
  throw new Unfinished(new CertificatesError("IssuanceFailed", message), result);
}

function* dueMembers(news: Inputs, outs: Partial<Outs>, run: Run): Generator<DueMember> {
  for (const member of membersOf(news, outs)) {
    const reason = dueReason(member, run);
    if (reason === undefined) continue;
    const { name, view } = member;
    const issued = outs.issued?.[name];
    const certificatePem = outs.certificates?.[name];
    const failed = outs.failures?.[name];
    yield {
      name,
      view,
      reason,
      ...(issued !== undefined && certificatePem !== undefined
        ? {
            before: {
              certificatePem,
              privateKeyPem: outs.privateKeys?.[name],
              issued: parseIssued(issued),
              ...(failed !== undefined && { failed: parseFailed(failed) }),
            },
          }
        : {}),
    };
  }
}

function present(values: Readonly<Record<string, string>> | undefined, { members }: Inputs): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => name in members));
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
