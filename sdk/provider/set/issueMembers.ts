import { setImmediate as nextTurn } from "node:timers/promises";
import { messageOf } from "../../errors";
import { formatFailed } from "../../lifecycle/setSchedule";
import type { Reason } from "../../lifecycle/reasons";
import type { Run } from "../clock";
import type { Credentials } from "../define";
import { assertEngineAlive } from "../engine";
import { type CertificateOutputs, withNewChain } from "../issuance";
import { issueLeaf, planOfLeaf } from "../issueLeaf";
import { type KeepInputs, keptAfter, pendingOf } from "../keep";
import { type MemberOuts, type SetContents, isIssued, record } from "./contents";

/** One member that is to be issued. */
export interface DueMember {
  readonly name: string;
  readonly view: KeepInputs;
  readonly reason: Reason;
  /** What there is of it. */
  readonly outs: MemberOuts;
}

/** How many are under way at once where keys are made here, and where a service is waited for. */
const concurrency = { local: 8, service: 20 };

/**
 * Issues members one by one into `contents`. One that fails neither loses nor blocks the others: a renewal by time is
 * kept as a failure of that member; anything else is returned, to fail the run after all others are done.
 */
export async function issueMembers(
  due: readonly DueMember[],
  contents: SetContents,
  credentials: Credentials,
  run: Run,
): Promise<string[]> {
  const outcomes: (() => string | undefined)[] = [];
  const waiting = due.entries();
  const work = async (): Promise<void> => {
    for (const [index, member] of waiting) {
      assertEngineAlive();
      outcomes[index] = await issueMember(member, contents, credentials, run);
      await nextTurn();
    }
  };
  const isService = due.some(({ view }) => view.issuer?.directory !== undefined);
  await Promise.all(Array.from({ length: isService ? concurrency.service : concurrency.local }, work));
  // In the order of the members, whoever was ready first.
  return outcomes.map((settle) => settle()).filter((failure) => failure !== undefined);
}

/** Returns what writes the outcome into `contents`, and says what failed if the run is to fail. */
async function issueMember(
  member: DueMember,
  contents: SetContents,
  credentials: Credentials,
  run: Run,
): Promise<() => string | undefined> {
  const { name, view, reason } = member;
  try {
    const outputs = await outputsFor(member, contents, credentials, run);
    return () => {
      record(name, { epoch: view.renewal.epoch, reason }, outputs, contents);
      return undefined;
    };
  } catch (thrown) {
    return () => failed(member, thrown, contents, run);
  }
}

function failed(
  { name, view, reason, outs }: DueMember,
  thrown: unknown,
  contents: SetContents,
  run: Run,
): string | undefined {
  const { error, pendingOrder } = pendingOf(thrown);
  if (pendingOrder !== undefined) contents.orders[name] = pendingOrder;
  const { notAfter, attempts } = outs;
  const kept = keptAfter(error, { news: view, reason, plan: planOfLeaf(view, outs), run, notAfter, attempts });
  if (kept === undefined) return `members["${name}"]: ${messageOf(error)}`;
  contents.failures[name] = formatFailed(kept);
  return undefined;
}

async function outputsFor(
  { name, view, reason, outs }: DueMember,
  contents: SetContents,
  credentials: Credentials,
  run: Run,
): Promise<CertificateOutputs> {
  const previous = isIssued(outs) ? outs : undefined;
  const refreshed = reason === "IssuerRenewed" && previous ? withNewChain(previous, credentials) : undefined;
  if (refreshed !== undefined) return refreshed;
  return issueLeaf({ news: view, credentials, run, reason, previous, pending: contents.orders[name] });
}
