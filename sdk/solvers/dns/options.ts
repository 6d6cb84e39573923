import { getServers } from "node:dns";
import { isIP } from "node:net";
import type { Input } from "@pulumi/pulumi";
import { parseDuration } from "../../duration";
import { CertificatesError, invalidArgument } from "../../errors";
import type { ServerAddress } from "./client";

/** What all solvers of DNS challenges take besides what their service needs. */
export interface DnsArgs {
  /**
   * Recursive resolvers as `address` or `address:port` (`[address]:port` for IPv6). They find the zone and follow
   * CNAME records, and the record must be visible through each of them before the CA is asked to look. For a split
   * horizon, name those that see what the CA sees. Changing it takes effect with the next order.
   * @default the resolvers of the system find the zone; only its authoritative servers are checked
   */
  readonly resolvers?: Input<Input<string>[]>;
  /**
   * Authoritative servers to check, in the same form, instead of those that the NS records of the zone name: for a
   * hidden primary, or where those cannot be reached. Changing it takes effect with the next order.
   * @default the servers of the zone's NS records
   */
  readonly nameServers?: Input<Input<string>[]>;
  /**
   * How long to wait until all servers have the record, a duration such as `10m`. Changing it takes effect with the
   * next order.
   * @default "5m"
   */
  readonly propagationTimeout?: Input<string>;
  /**
   * Whether to wait until the servers have the record. `false` is for networks that let no DNS queries out: the CA then
   * looks at once, and a failed look costs the order.
   * @default true
   */
  readonly checkPropagation?: Input<boolean>;
}

/** The same, checked and with defaults. */
export interface DnsOptions {
  /** Undefined: those of the system, which are not checked. */
  readonly resolvers?: readonly ServerAddress[];
  readonly nameServers?: readonly ServerAddress[];
  /** Milliseconds. */
  readonly propagationTimeout: number;
  readonly checkPropagation: boolean;
}

/** Names of the properties, for a kind's list of those it knows. */
export const dnsArgNames = ["resolvers", "nameServers", "propagationTimeout", "checkPropagation"] as const;

/** Reads the properties of `DnsArgs` out of a solver's description. */
export function parseDnsArgs(given: Readonly<Record<string, unknown>>, property: string): DnsOptions {
  const { checkPropagation = true, propagationTimeout = "5m" } = given;
  if (typeof checkPropagation !== "boolean") {
    const problem = `${JSON.stringify(checkPropagation)} is neither true nor false.`;
    throw invalidArgument(`${property}.checkPropagation`, problem, "Use true or false.");
  }
  return {
    ...servers(given, "resolvers", property),
    ...servers(given, "nameServers", property),
    propagationTimeout: parseDuration(propagationTimeout, `${property}.propagationTimeout`),
    checkPropagation,
  };
}

function servers(
  given: Readonly<Record<string, unknown>>,
  name: "resolvers" | "nameServers",
  property: string,
): Partial<DnsOptions> {
  const value = given[name];
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length === 0) {
    const problem = `${JSON.stringify(value)} is no list of servers.`;
    throw invalidArgument(`${property}.${name}`, problem, 'Give ["10.0.0.53:53"], or leave it out.');
  }
  return { [name]: value.map((item, index) => parseServer(item, `${property}.${name}[${index}]`)) };
}

/** A server's address, with the port 53 if it names none. */
export function parseServer(value: unknown, property: string): ServerAddress {
  const text = typeof value === "string" ? value : "";
  const [, bracketed, plain, port = "53"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = isIP(text) !== 0 ? text : (bracketed ?? plain ?? "");
  if (isIP(address) !== 0 && Number(port) > 0 && Number(port) < 65536) return { address, port: Number(port) };
  const problem = `${JSON.stringify(value)} is no address of a DNS server.`;
  throw invalidArgument(property, problem, 'Give an IP address, with a port if it is not 53: "10.0.0.53:5353".');
}

/** The resolvers that look up zones and names. */
export function resolversOf(options: DnsOptions): readonly ServerAddress[] {
  const found = options.resolvers ?? getServers().map((text) => parseServer(text, "the resolvers of this system"));
  if (found.length > 0) return found;
  throw new CertificatesError("IssuanceFailed", "This system has no DNS resolver.", {
    hint: 'Name one in the solver: resolvers: ["10.0.0.53:53"].',
  });
}
