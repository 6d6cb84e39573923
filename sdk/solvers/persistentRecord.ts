import { AcmeError } from "../acme/problem";
import type { Challenge } from "../acme/challenge";
import { propertiesOf } from "./description";
import { findAuthority, followCname } from "./dns/authoritative";
import { DnsFailure, query } from "./dns/client";
import { decodeText, recordTypes } from "./dns/message";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";
import { objectionTo, persistentValue } from "./persistentValue";
import { type SolverContext, defineSolver } from "./solver";

/** Arguments of `persistentRecord`. `propagationTimeout` is how long the name servers may take to answer. */
export type PersistentRecordArgs = DnsArgs;

/** A `persistentRecord` solver in a program. */
export type PersistentRecordSolver = PersistentRecordArgs & { readonly kind: "persistentRecord" };

/**
 * Answers dns-persist-01 by a TXT record at `_validation-persist.<name>` that stays there and names the CA and the
 * account (draft-ietf-acme-dns-persist). This package neither writes nor removes it; it looks whether it is there and
 * says which one is missing.
 */
export function persistentRecord(args: PersistentRecordArgs = {}): PersistentRecordSolver {
  return { ...args, kind: "persistentRecord" };
}

async function assertRecord(options: DnsOptions, challenge: Challenge, context: SolverContext): Promise<void> {
  const name = `_validation-persist.${challenge.identifier.value}`;
  const wanted = persistentValue(challenge);
  const hint = `Add this record, once and for all: ${name}. IN TXT "${wanted}"`;
  const objections = new Set<string>();
  for (const [server, texts] of await textsOf(name, options, context)) {
    const found = texts.map((text) => objectionTo(text, challenge, Date.now()));
    if (found.includes(undefined)) continue;
    const own = found.filter((objection) => objection !== undefined);
    objections.add(own.length === 0 ? `${server} has no TXT record there` : own.join("; "));
  }
  if (objections.size === 0) return;
  throw new AcmeError(
    `${name} does not let this account prove control of ${challenge.identifier.value}: ${[...objections].join("; ")}.`,
    "retryLater",
    { hint },
  );
}

/** The TXT records at a name by the server that answered, of all servers that can be reached. */
async function textsOf(
  name: string,
  options: DnsOptions,
  context: SolverContext,
): Promise<readonly (readonly [string, string[]])[]> {
  const at = await followCname(name, options, context);
  const { servers } = await findAuthority(at, options, context);
  const failures: unknown[] = [];
  const answers = await Promise.all(
    servers.map(async ({ name: server, addresses }) => {
      for (const address of addresses) {
        try {
          const { answers: records = [] } = await query(address, at, recordTypes.TXT, { signal: context.signal });
          const own = records.filter((record) => record.type === recordTypes.TXT && record.name === at);
          return [[server, own.map((record) => decodeText(record.data))] as const];
        } catch (error) {
          if (!(error instanceof DnsFailure) || error.kind === "aborted") throw error;
          failures.push(error);
        }
      }
      return [];
    }),
  );
  const answered = answers.flat();
  if (answered.length > 0) return answered;
  const cause = new AggregateError(failures, "No name server answered.");
  throw new AcmeError(`No name server of ${name} could be reached.`, "retryLater", {
    hint: "Name servers that can be reached in the solver: nameServers: […].",
    cause,
  });
}

/** dns-persist-01. */
export const persistentRecordSolver = defineSolver<DnsOptions, PersistentRecordSolver>({
  kind: "persistentRecord",
  challenge: "dns-persist-01",
  factory: persistentRecord,
  secrets: [],
  parse: (value, property) =>
    parseDnsArgs(propertiesOf(value, property, { name: "persistentRecord", known: dnsArgNames }), property),
  async present(spec, challenge, context) {
    if (spec.checkPropagation) await assertRecord(spec, challenge, context);
    return { ready: () => Promise.resolve(), remove: () => Promise.resolve() };
  },
});
