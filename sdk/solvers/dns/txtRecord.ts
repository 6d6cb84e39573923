import type { Challenge } from "../../acme/challenge";
import { messageOf } from "../../errors";
import type { Answer, SolverContext } from "../solver";
import { followCname } from "./authoritative";
import { Mutex } from "./mutex";
import type { DnsOptions } from "./options";
import { waitForTxt } from "./propagation";

/** One value of a TXT record set. */
export interface TxtRecord {
  /** The name it stands at, after CNAME records were followed: lower case, without a last dot. */
  readonly fqdn: string;
  /** Without quotes. */
  readonly value: string;
  /** What it answers, for services that make the record themselves. */
  readonly challenge: Challenge;
}

/**
 * What a DNS service can do. Calls for one name never overlap within this process, so that a service that knows only
 * whole record sets can be read, changed and written.
 */
export interface TxtService<Spec> {
  /** Adds one value and keeps those beside it. No error if it is there already. */
  add(spec: Spec, record: TxtRecord, context: SolverContext): Promise<void>;
  /** Removes one value and keeps those beside it. No error if it is not there. */
  remove(spec: Spec, record: TxtRecord, context: SolverContext): Promise<void>;
}

/** For `add` and `remove`, one at a time for each name. */
const mutex = new Mutex();
/** How many answers of this process stand on one value: two orders may share a challenge. */
const uses = new Map<string, number>();
/** Removing goes on when the run has no time left for anything else. */
const removalTime = 30_000;

/** The parts of a `dns-01` solver that all services have in common, for `defineSolver({ …, ...txtSolver(service) })`. */
export function txtSolver<Spec extends { readonly dns: DnsOptions }>(service: TxtService<Spec>) {
  return {
    challenge: "dns-01" as const,

    async present(spec: Spec, challenge: Challenge, context: SolverContext): Promise<Answer> {
      const record = await recordOf(spec, challenge, context);
      await addRecord(service, spec, record, context);
      let isPresent = true;
      return {
        ready: () => waitForTxt(record.fqdn, record.value, spec.dns, context),
        remove: () =>
          takeAway(record, context, async (removing) => {
            if (!isPresent) return;
            if (countUse(record, 0) <= 1) await service.remove(spec, record, removing);
            countUse(record, -1);
            isPresent = false;
          }),
      };
    },

    async removeLeftover(spec: Spec, challenge: Challenge, context: SolverContext): Promise<void> {
      const record = await recordOf(spec, challenge, context);
      await takeAway(record, context, async (removing) => {
        if (countUse(record, 0) === 0) await service.remove(spec, record, removing);
      });
    },
  };
}

/** The name that a CA asks for (RFC 8555, 8.4). */
export function challengeName(identifier: string): string {
  return `_acme-challenge.${identifier}`;
}

/**
 * Where the records of names would stand, each once: for a `preflight` that looks whether the service has a zone for each
 * of them and lets it be changed. The names may be wildcards.
 */
export async function recordNames(
  names: readonly string[],
  options: DnsOptions,
  context: SolverContext,
): Promise<string[]> {
  const plain = new Set(names.map((name) => challengeName(name.replace(/^\*\./, ""))));
  return [...new Set(await Promise.all([...plain].map((name) => followCname(name, options, context))))];
}

async function recordOf(
  spec: { readonly dns: DnsOptions },
  challenge: Challenge,
  context: SolverContext,
): Promise<TxtRecord> {
  const fqdn = await followCname(challengeName(challenge.identifier.value), spec.dns, context);
  return { fqdn, value: challenge.digest, challenge };
}

async function addRecord<Spec>(
  service: TxtService<Spec>,
  spec: Spec,
  record: TxtRecord,
  context: SolverContext,
): Promise<void> {
  await mutex.run(record.fqdn, context.signal, async () => {
    try {
      await service.add(spec, record, context);
      countUse(record, 1);
    } catch (error) {
      // Whether it was added before the failure is not known: the answer may have been lost.
      const removing = { ...context, signal: AbortSignal.timeout(removalTime) };
      if (countUse(record, 0) === 0)
        await service.remove(spec, record, removing).catch((second: unknown) => {
          context.report(`${record.fqdn}: what was added may be left there: ${messageOf(second)}`);
        });
      throw error;
    }
  });
}

/** Waits for its turn and removes, whatever became of the run. */
async function takeAway(
  record: TxtRecord,
  context: SolverContext,
  remove: (context: SolverContext) => Promise<void>,
): Promise<void> {
  const signal = AbortSignal.timeout(removalTime);
  await mutex.run(record.fqdn, signal, () => remove({ report: (line) => context.report(line), signal }));
}

function countUse({ fqdn, value }: TxtRecord, change: number): number {
  const key = `${fqdn} ${value}`;
  const count = (uses.get(key) ?? 0) + change;
  if (count === 0) uses.delete(key);
  else uses.set(key, count);
  return count;
}
