import { setTimeout as delay } from "node:timers/promises";
import { AcmeError } from "../../acme/problem";
import { messageOf } from "../../errors";
import type { SolverContext } from "../solver";
import { type NameServer, findAuthority } from "./authoritative";
import { DnsFailure, formatServer, query } from "./client";
import { type DnsMessage, decodeText, recordTypes, responseCodeName } from "./message";
import { plainName } from "./name";
import type { DnsOptions } from "./options";

const firstPause = 500;
const longestPause = 15_000;

/** A server that is asked until it has the value, and what it said last. */
interface Watched {
  readonly server: NameServer;
  readonly isResolver: boolean;
  hasValue: boolean;
  lastSeen: string;
}

/**
 * Waits until every authoritative server of the zone returns the value among the TXT records of a name, and then until
 * the resolvers that the user names do. These come last, because a resolver that is asked too early remembers that there
 * was no such record. Rejects with what each server returned once `propagationTimeout` has passed.
 */
export async function waitForTxt(
  name: string,
  value: string,
  options: DnsOptions,
  context: SolverContext,
): Promise<void> {
  if (!options.checkPropagation) return;
  const fqdn = plainName(name);
  const deadline = AbortSignal.timeout(options.propagationTimeout);
  const bounded = { ...context, signal: AbortSignal.any([context.signal, deadline]) };
  let watched: Watched[] = [];
  try {
    const { servers } = await findAuthority(fqdn, options, bounded);
    watched = [
      ...servers.map((server) => watch(server, false)),
      ...(options.resolvers ?? []).map((address) =>
        watch({ name: `resolver ${formatServer(address)}`, addresses: [address] }, true),
      ),
    ];
    await poll(fqdn, value, watched, bounded, (line) => context.report(`${fqdn}: ${line}`));
  } catch (error) {
    context.signal.throwIfAborted();
    throw deadline.aborted ? notSeen(fqdn, watched, options.propagationTimeout, error) : error;
  }
}

function watch(server: NameServer, isResolver: boolean): Watched {
  return { server, isResolver, hasValue: false, lastSeen: "no answer yet" };
}

async function poll(
  fqdn: string,
  value: string,
  watched: readonly Watched[],
  { signal }: { readonly signal: AbortSignal },
  report: (line: string) => void,
): Promise<void> {
  let reported = -1;
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    const isPending = (one: Watched): boolean => !one.hasValue;
    const authoritative = watched.filter((one) => !one.isResolver && isPending(one));
    await Promise.all(authoritative.map((one) => look(one, fqdn, value, signal)));
    if (!authoritative.some(isPending))
      await Promise.all(watched.filter(isPending).map((one) => look(one, fqdn, value, signal)));
    const have = watched.filter((one) => one.hasValue).length;
    if (have !== reported) report(`${have} of ${watched.length} name servers have it`);
    reported = have;
    if (have === watched.length) return;
    await delay(pause, undefined, { signal });
  }
}

/** Asks a server once, at the first of its addresses that can be reached. */
async function look(watched: Watched, fqdn: string, value: string, signal: AbortSignal): Promise<void> {
  const { server, isResolver } = watched;
  watched.lastSeen = "it has no address";
  for (const address of server.addresses) {
    try {
      const answer = await query(address, fqdn, recordTypes.TXT, { signal, recursionDesired: isResolver });
      const texts = textsOf(answer, fqdn);
      watched.hasValue = texts.includes(value);
      watched.lastSeen = describe(answer, texts);
      return;
    } catch (error) {
      if (!(error instanceof DnsFailure) || error.kind === "aborted") throw error;
      watched.lastSeen = messageOf(error);
    }
  }
}

function textsOf({ answers = [] }: DnsMessage, fqdn: string): string[] {
  return answers
    .filter((record) => record.type === recordTypes.TXT && record.name === fqdn)
    .map((record) => decodeText(record.data));
}

function describe(answer: DnsMessage, texts: readonly string[]): string {
  if (texts.length > 0) return `other values: ${texts.map((text) => JSON.stringify(text.slice(0, 100))).join(", ")}`;
  return answer.responseCode === 0 ? "no TXT record" : responseCodeName(answer.responseCode ?? 0);
}

function notSeen(fqdn: string, watched: readonly Watched[], timeout: number, cause: unknown): AcmeError {
  const after = `within ${timeout / 1_000} s`;
  if (watched.length === 0)
    return new AcmeError(`The name servers of ${fqdn} were not found ${after}.`, "retryLater", { cause });
  const have = watched.filter((one) => one.hasValue).length;
  const lines = watched.map((one) => `${one.server.name}: ${one.hasValue ? "has it" : one.lastSeen}`);
  return new AcmeError(
    `The TXT record of ${fqdn} was not on all name servers ${after}: ${have} of ${watched.length} have it. ${lines.join("; ")}.`,
    "retryLater",
    { hint: "Give a longer propagationTimeout, or repair the servers that lag behind.", cause },
  );
}
