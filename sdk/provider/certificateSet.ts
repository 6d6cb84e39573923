import { CertificatesError } from "../errors";
import type { Reason } from "../lifecycle/reasons";
import { parseSchedule } from "../lifecycle/setSchedule";
import { parseCertificate } from "../x509/parse";
import type { Run } from "./clock";
import {
  type CreateContext,
  type Credentials,
  type DiffContext,
  type ReadContext,
  type UpdateContext,
  Unfinished,
  defineProvider,
} from "./define";
import { defaultsOf } from "./leafDefaults";
import { type KeepInputs, isWaiting } from "./keep";
import { knowCertificate } from "./knownCertificates";
import { pendingReason } from "./pending";
import { type KeptCertificate, noteKept, schedulesIn } from "./runCertificates";
import { type CertificateSetInputs, checkSet, parseSchedules } from "./set/check";
import {
  type CertificateSetOuts,
  type MemberOuts,
  type SetContents,
  contentsFor,
  contentsOf,
  isIssued,
  memberOuts,
  outsOf,
} from "./set/contents";
import { type DueMember, issueMembers } from "./set/issueMembers";
import { memberView, parseMembers, sharedView } from "./set/members";
import { migrateState } from "./stateVersion";
import { isUnknown } from "./unknown";

type Inputs = CertificateSetInputs;
type Outs = CertificateSetOuts;

interface Member {
  readonly name: string;
  readonly view: KeepInputs;
  readonly outs: MemberOuts;
}

function* membersOf(news: Inputs, contents: SetContents): Generator<Member> {
  const shared = sharedView(news);
  // In a preview the text is unknown as a whole where one date in it is.
  const known = isUnknown(news.schedule) ? schedulesIn(news.name) : undefined;
  const schedules = known === undefined ? parseSchedules(news.schedule) : {};
  for (const [name, member] of Object.entries(parseMembers(news.members))) {
    const schedule = known?.[name] ?? parseSchedule(schedules[name] ?? "");
    yield { name, view: memberView(shared, name, member, schedule), outs: memberOuts(contents, name) };
  }
}

/** Why a member is to be issued in this run, if it is. */
function dueReason({ view, outs }: Member, run: Run | undefined): Reason | undefined {
  const reason = pendingReason(view, outs, run, defaultsOf(view));
  if (reason === undefined || run === undefined) return reason;
  return isWaiting(view, reason, outs, run) ? undefined : reason;
}

function diff({ news, outs, checked }: DiffContext<Inputs, Outs>): boolean {
  if (isUnknown(news.members)) return true;
  if (isUnknown(news.schedule) && schedulesIn(news.name) === undefined) return true;
  const contents = contentsOf(outs);
  let present = 0;
  const due: DueMember[] = [];
  const members = new Set<string>();
  for (const member of membersOf(news, contents)) {
    const reason = dueReason(member, checked?.run);
    knowCertificate({ news: member.view, outs: member.outs, reason }, checked?.run);
    members.add(member.name);
    if (reason !== undefined) due.push({ ...member, reason });
    if (contents.certificates[member.name] !== undefined) present++;
  }
  if (checked?.run.dryRun === true) {
    for (const { name } of atMost(news.maxRenewalsPerUpdate, due)) members.delete(name);
    noteKept("set", news.name, keptIn(members, contents));
  }
  return due.length > 0 || present < Object.keys(contents.certificates).length;
}

/** The members that are not due stay as they are, though the engine leaves the outputs of all of them open. */
function keptIn(staying: ReadonlySet<string>, contents: SetContents): (name?: string) => KeptCertificate | undefined {
  return (name = "") => {
    const outs = staying.has(name) ? memberOuts(contents, name) : undefined;
    if (outs === undefined || !isIssued(outs)) return undefined;
    const { names } = parseCertificate(outs.certificatePem, `members["${name}"]`);
    return { ...outs, dnsNames: names.dnsNames ?? [] };
  };
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
  const due = atMost(news.maxRenewalsPerUpdate, [...dueMembers(news, before, run)]);
  const errors = await issueMembers(due, contents, credentials, run);
  const result = outsOf(contents);
  if (errors.length === 0) return result;
  const message = `${errors.length} of ${Object.keys(members).length} members failed, all others are done:\n${errors.slice(0, 20).join("\n")}`;
  throw new Unfinished(new CertificatesError("IssuanceFailed", message), result);
}

function* dueMembers(news: Inputs, before: SetContents, run: Run): Generator<DueMember> {
  for (const member of membersOf(news, before)) {
    const reason = dueReason(member, run);
    if (reason === undefined) continue;
    knowCertificate({ news: member.view, outs: member.outs, reason }, run);
    yield { ...member, reason };
  }
}

/** Renewals by time above the limit wait; those with the least life left go first. A check could not tell which they are. */
function atMost(most: number | undefined, due: DueMember[]): DueMember[] {
  if (most === undefined) return due;
  const end = ({ outs }: DueMember): number => Date.parse(outs.notAfter ?? "");
  const byTime = due.filter(({ reason }) => reason === "Renewing").sort((a, b) => end(a) - end(b));
  const waiting = new Set(byTime.slice(most));
  return due.filter((member) => !waiting.has(member));
}

/** What the services say of their members now: when to renew, and whether they were revoked. */
async function read({ outs }: ReadContext<Outs>): Promise<{ outs: Outs }> {
  const contents = contentsOf(outs);
  if (Object.keys(contents.services).length === 0) return { outs };
  const { askForMembers } = require("./set/askForMembers") as typeof import("./set/askForMembers");
  await askForMembers(contents);
  return { outs: { ...outs, ...outsOf(contents) } };
}

export const certificateSet = defineProvider<Inputs, Outs>({
  check: checkSet,
  diff,
  create,
  update,
  read,
  migrate: migrateState<Outs>,
});
