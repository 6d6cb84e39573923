import { CertificatesError } from "../errors";
import { isBackingOff } from "../lifecycle/backoff";
import { mayKeepOnFailure, type Reason } from "../lifecycle/reasons";
import { parseFailed, parseIssued, parseSchedule } from "../lifecycle/setSchedule";
import type { Run } from "./clock";
import {
  type CreateContext,
  type Credentials,
  type DiffContext,
  type UpdateContext,
  Unfinished,
  defineProvider,
} from "./define";
import { defaultsOf } from "./leafDefaults";
import { pendingReason } from "./pending";
import { type RenewableInputs, type RenewableOuts } from "./renewable";
import { type CertificateSetInputs, checkSet, parseSchedules } from "./set/check";
import { type CertificateSetOuts, type SetContents, contentsFor, contentsOf, memberOuts, outsOf } from "./set/contents";
import { type DueMember, issueMembers } from "./set/issueMembers";
import { memberView, parseMembers, sharedView } from "./set/members";
import { migrateState } from "./stateVersion";
import { isUnknown } from "./unknown";

type Inputs = CertificateSetInputs;
type Outs = CertificateSetOuts;

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

/** Why a member is to be issued in this run, if it is. */
function dueReason({ view, outs }: Member, run: Run | undefined): Reason | undefined {
  const reason = pendingReason(view, outs, run, defaultsOf(view));
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
  const contents = contentsFor(members, before);
  const errors = await issueMembers([...dueMembers(news, before, run)], contents, credentials, run);
  const result = outsOf(contents);
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

export const certificateSet = defineProvider<Inputs, Outs>({
  check: checkSet,
  diff,
  create,
  update,
  migrate: migrateState<Outs>,
});
