import type { Input } from "@pulumi/pulumi";
import { clientPerSpec } from "./cloud/clients";
import { cloudSolver } from "./cloud/cloudSolver";
import { parseCredential } from "./cloud/credential";
import { optionalText, propertiesOf } from "./description";
import { type DnsArgs, dnsArgNames, parseDnsArgs } from "./dns/options";
import { PowerDnsClient, type PowerDnsSpec } from "./dns/powerDnsClient";
import { type SelfHostedArgs, parseSelfHosted, selfHostedArgNames } from "./dns/selfHosted";
import { defineSolver } from "./solver";

/** Arguments of `powerDns`. */
export interface PowerDnsArgs extends SelfHostedArgs, DnsArgs {
  /** The server's `api-key`. Kept out of the state; changing it takes effect with the next order. */
  readonly apiKey: Input<string>;
  /**
   * The server's id in the API. Changing it takes effect with the next order.
   * @default "localhost", as every PowerDNS calls itself
   */
  readonly serverId?: Input<string>;
}

/** A `powerDns` solver in a program. */
export type PowerDnsSolver = PowerDnsArgs & { readonly kind: "powerDns" };

/**
 * Answers dns-01 through the HTTP API of a PowerDNS Authoritative Server, from 4.0 on (doc.powerdns.com). The zone must be
 * a native or a primary one there. Values beside its own, with their time to live and comments, stay as they are.
 */
export function powerDns(args: PowerDnsArgs): PowerDnsSolver {
  return { ...args, kind: "powerDns" };
}

function parse(value: unknown, property: string): PowerDnsSpec {
  const known = [...selfHostedArgNames, "apiKey", "serverId", ...dnsArgNames];
  const given = propertiesOf(value, property, { name: "powerDns", known });
  const apiKey = parseCredential(given.apiKey, `${property}.apiKey`, "the server's api-key");
  const serverId = optionalText(given.serverId, `${property}.serverId`, "Give the server's id, or leave it out.");
  return {
    ...parseSelfHosted(given, property),
    ...(apiKey !== undefined && { apiKey }),
    serverId: serverId ?? "localhost",
    dns: parseDnsArgs(given, property),
  };
}

export const powerDnsSolver = defineSolver<PowerDnsSpec, PowerDnsSolver>({
  kind: "powerDns",
  factory: powerDns,
  secrets: ["apiKey"],
  parse,
  ...cloudSolver(clientPerSpec((spec: PowerDnsSpec) => new PowerDnsClient(spec))),
});
