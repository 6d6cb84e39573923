import { AcmeError } from "../../acme/problem";
import { messageOf } from "../../errors";
import type { SolverContext } from "../solver";
import { type ServerAddress, DnsFailure, formatServer, query } from "./client";
import { type DnsMessage, type ResourceRecord, recordTypes, responseCodeName } from "./message";
import { isInZone, plainName, selfAndParents } from "./name";
import { type DnsOptions, resolversOf } from "./options";

/** One name server. Its addresses are tried in order until one can be reached. */
export interface NameServer {
  /** Its name, or its address where the user named it. */
  readonly name: string;
  readonly addresses: readonly ServerAddress[];
}

export interface Authority {
  /** The apex of the zone. */
  readonly zone: string;
  readonly servers: readonly NameServer[];
}

const dnsPort = 53;
const longestChain = 10;
const noSuchName = 3;

/** Where a record is to stand so that it is found at `name`: CNAME records are followed, as a CA does (RFC 8555, 8.4). */
export async function followCname(name: string, options: DnsOptions, context: SolverContext): Promise<string> {
  const seen = [plainName(name)];
  for (;;) {
    const current = seen[seen.length - 1] ?? "";
    const { answers = [] } = await lookup(current, recordTypes.CNAME, options, context);
    const next = recordsOf(answers, current, recordTypes.CNAME)[0]?.target;
    if (next === undefined) return current;
    if (seen.includes(next) || seen.length > longestChain) {
      const problem = seen.includes(next) ? "go in a circle" : `are more than ${longestChain}`;
      throw new AcmeError(`The CNAME records of ${name} ${problem}: ${[...seen, next].join(" → ")}.`, "retryLater", {
        hint: "Correct them; the CA cannot follow them either.",
      });
    }
    seen.push(next);
  }
}

/** The zone that a name lies in, whether or not the name exists: the owner of the nearest SOA record. */
export async function findZone(name: string, options: DnsOptions, context: SolverContext): Promise<string> {
  for (const candidate of selfAndParents(plainName(name))) {
    const { answers = [], authorities = [] } = await lookup(candidate, recordTypes.SOA, options, context);
    const zone = [...answers, ...authorities].find(
      (record) => record.type === recordTypes.SOA && record.name !== "" && isInZone(candidate, record.name),
    )?.name;
    if (zone !== undefined) return zone;
  }
  const asked = resolversOf(options).map(formatServer).join(", ");
  throw new AcmeError(`No zone was found for ${name} at ${asked}.`, "retryLater", {
    hint: "Check that the domain is delegated; for a split horizon, name resolvers that see what the CA sees.",
  });
}

/** The zone of a name and the servers that answer for it. */
export async function findAuthority(name: string, options: DnsOptions, context: SolverContext): Promise<Authority> {
  const zone = await findZone(name, options, context);
  if (options.nameServers !== undefined) {
    return {
      zone,
      servers: options.nameServers.map((address) => ({ name: formatServer(address), addresses: [address] })),
    };
  }
  const { answers = [] } = await lookup(zone, recordTypes.NS, options, context);
  const names = recordsOf(answers, zone, recordTypes.NS).flatMap(({ target }) => target ?? []);
  const servers = await Promise.all(
    [...new Set(names)].map(async (server) => ({
      name: server,
      addresses: await addressesOf(server, options, context),
    })),
  );
  if (servers.length > 0) return { zone, servers };
  throw new AcmeError(`The zone ${zone} has no NS records.`, "retryLater", {
    hint: "Correct its delegation, or name the servers in the solver: nameServers: […].",
  });
}

/** IPv4 first: not every machine that runs Pulumi has a way out by IPv6. */
async function addressesOf(server: string, options: DnsOptions, context: SolverContext): Promise<ServerAddress[]> {
  const { A, AAAA } = recordTypes;
  const found = await Promise.all(
    [A, AAAA].map(async (type) => {
      const { answers = [] } = await lookup(server, type, options, context);
      return answers.filter((record) => record.type === type);
    }),
  );
  return found.flat().map(({ data }) => ({ address: formatAddress(data), port: dnsPort }));
}

function formatAddress(data: Uint8Array): string {
  if (data.length === 4) return data.join(".");
  const groups = Buffer.from(data).toString("hex").match(/.{4}/g) ?? [];
  return groups.map((group) => group.replace(/^0{1,3}/, "")).join(":");
}

function recordsOf(records: readonly ResourceRecord[], name: string, type: number): ResourceRecord[] {
  return records.filter((record) => record.name === name && record.type === type);
}

/** Asks the resolvers one after the other until one has an answer, be it that there is no such name. */
export async function lookup(
  name: string,
  type: number,
  options: DnsOptions,
  context: SolverContext,
): Promise<DnsMessage> {
  const problems: string[] = [];
  for (const resolver of resolversOf(options)) {
    try {
      const answer = await query(resolver, name, type, { signal: context.signal, recursionDesired: true });
      const code = answer.responseCode ?? 0;
      if (code === 0 || code === noSuchName) return answer;
      problems.push(`${formatServer(resolver)} answered ${responseCodeName(code)}.`);
    } catch (error) {
      if (!(error instanceof DnsFailure) || error.kind === "aborted") throw error;
      problems.push(messageOf(error));
    }
  }
  throw new AcmeError(`The name ${name} could not be looked up: ${problems.join(" ")}`, "retryLater", {
    hint: "Name other resolvers in the solver: resolvers: […].",
  });
}
