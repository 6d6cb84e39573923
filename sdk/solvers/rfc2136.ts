import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Input } from "@pulumi/pulumi";
import { AcmeError } from "../acme/problem";
import { invalidArgument, messageOf } from "../errors";
import { normalizeDnsName } from "../x509/dnsName";
import { parseCredential, requireCredential } from "./cloud/credential";
import { optionalText, propertiesOf, requiredText, shown } from "./description";
import type { ServerAddress } from "./dns/client";
import { plainName } from "./dns/name";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";
import { type TsigAlgorithm, type TsigKey, tsigAlgorithms } from "./dns/tsig";
import { recordNames, txtSolver } from "./dns/txtRecord";
import { type TxtChange, updateTxt, zoneOnServer } from "./dns/update";
import { type SolverContext, defineSolver } from "./solver";

/** Arguments of `rfc2136`. */
export interface Rfc2136Args extends DnsArgs {
  /**
   * The zone's primary server, which takes the updates: a name or an IP address, with a port if it is not 53, as in
   * `ns1.example.com` or `10.0.0.53:5353`. Changing it takes effect with the next order.
   */
  readonly server: Input<string>;
  /**
   * The name of the TSIG key, as it stands in the server's configuration. Changing it takes effect with the next order.
   * @default updates are not signed, for servers that allow them by address
   */
  readonly keyName?: Input<string>;
  /** The key's secret in base64. Kept out of the state; changing it takes effect with the next order. @default none */
  readonly key?: Input<string>;
  /**
   * The algorithm of the key: `hmac-sha256`, `hmac-sha384` or `hmac-sha512` (RFC 8945, 6). Changing it takes effect with
   * the next order.
   * @default "hmac-sha256"
   */
  readonly algorithm?: Input<TsigAlgorithm>;
  /**
   * The zone to update. Changing it takes effect with the next order.
   * @default the server is asked which of its zones the name lies in
   */
  readonly zone?: Input<string>;
}

/** An `rfc2136` solver in a program. */
export type Rfc2136Solver = Rfc2136Args & { readonly kind: "rfc2136" };

/**
 * Answers dns-01 by dynamic updates (RFC 2136), signed with TSIG (RFC 8945): BIND, Knot, PowerDNS, Windows DNS and
 * others. It adds one TXT value and deletes it afterwards, and never touches a value beside it. The key needs no other
 * right than to change the TXT records of `_acme-challenge`.
 */
export function rfc2136(args: Rfc2136Args): Rfc2136Solver {
  return { ...args, kind: "rfc2136" };
}

/** An `rfc2136` solver as it was described, checked. */
export interface Rfc2136Spec {
  readonly server: { readonly host: string; readonly port: number };
  readonly keyName?: string;
  readonly key?: string;
  readonly algorithm: TsigAlgorithm;
  readonly zone?: string;
  readonly dns: DnsOptions;
}

const own = ["server", "keyName", "key", "algorithm", "zone"];
/** Resolvers keep the value for this long, in seconds; the next challenge has another one. */
const ttl = 60;
/** Deleted before an order: it was never added. */
const probe = "pulumi-certificates-probe";

function parse(value: unknown, property: string): Rfc2136Spec {
  const given = propertiesOf(value, property, { name: "rfc2136", known: [...own, ...dnsArgNames] });
  const keyName = optionalText(given.keyName, `${property}.keyName`, "Give the name of the TSIG key.");
  if (keyName === undefined && given.key !== undefined)
    throw invalidArgument(`${property}.keyName`, "is missing.", "A key is known to the server by its name.");
  const key = parseKey(given.key, `${property}.key`);
  const { algorithm = "hmac-sha256" } = given;
  if (!tsigAlgorithms.some((known) => known === algorithm)) {
    const problem = `${shown(algorithm)} is no algorithm for updates.`;
    throw invalidArgument(`${property}.algorithm`, problem, `Use one of: ${tsigAlgorithms.join(", ")}.`);
  }
  const zone = optionalText(given.zone, `${property}.zone`, "Give the apex of a zone, or leave it out.");
  return {
    server: parseUpdateServer(given.server, `${property}.server`),
    ...(keyName !== undefined && { keyName: plainName(keyName) }),
    ...(key !== undefined && { key }),
    algorithm: algorithm as TsigAlgorithm,
    ...(zone !== undefined && { zone: normalizeDnsName(plainName(zone), `${property}.zone`) }),
    dns: parseDnsArgs(given, property),
  };
}

function parseUpdateServer(value: unknown, property: string): Rfc2136Spec["server"] {
  const fix = 'Give a name or an IP address, with a port if it is not 53: "ns1.example.com", "10.0.0.53:5353".';
  const text = requiredText(value, property, fix);
  const [, bracketed, plain, port = "53"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = isIP(text) !== 0 ? text : (bracketed ?? plain);
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw invalidArgument(property, `${shown(text)} is no server.`, fix);
  return { host: isIP(host) !== 0 ? host : normalizeDnsName(plainName(host), property), port: Number(port) };
}

function parseKey(value: unknown, property: string): string | undefined {
  const key = parseCredential(value, property, "the secret of the TSIG key");
  if (key === undefined || /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(key)) return key;
  throw invalidArgument(property, "is no base64.", "Give what stands after `secret` in the server's key file.");
}

function keyOf({ keyName, key, algorithm }: Rfc2136Spec): TsigKey | undefined {
  if (keyName === undefined) return undefined;
  return { name: keyName, algorithm, secret: Buffer.from(requireCredential(key, "rfc2136", "key"), "base64") };
}

async function change(spec: Rfc2136Spec, wanted: TxtChange, { signal }: SolverContext): Promise<void> {
  const key = keyOf(spec);
  const server = await addressOf(spec);
  const zone = spec.zone ?? (await zoneOnServer(wanted.fqdn, server, signal));
  await updateTxt(wanted, { server, zone, key, ttl, signal });
}

async function addressOf({ server: { host, port } }: Rfc2136Spec): Promise<ServerAddress> {
  if (isIP(host) !== 0) return { address: host, port };
  try {
    return { address: (await lookup(host)).address, port };
  } catch (error) {
    throw new AcmeError(`The server ${host} of rfc2136 was not found: ${messageOf(error)}.`, "retryLater", {
      cause: error,
    });
  }
}

export const rfc2136Solver = defineSolver<Rfc2136Spec, Rfc2136Solver>({
  kind: "rfc2136",
  factory: rfc2136,
  secrets: ["key"],
  parse,
  /** Deletes a value that is not there: the server checks key and rights as for any other change. */
  async preflight(spec, names, context) {
    for (const fqdn of await recordNames(names, spec.dns, context))
      await change(spec, { change: "delete", fqdn, value: probe }, context);
  },
  ...txtSolver<Rfc2136Spec>({
    add: (spec, { fqdn, value }, context) => change(spec, { change: "add", fqdn, value }, context),
    remove: (spec, { fqdn, value }, context) => change(spec, { change: "delete", fqdn, value }, context),
  }),
});
