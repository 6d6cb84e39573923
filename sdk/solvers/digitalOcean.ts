import type { Input } from "@pulumi/pulumi";
import { clientPerSpec } from "./cloud/clients";
import { cloudSolver } from "./cloud/cloudSolver";
import { parseCredential } from "./cloud/credential";
import { DigitalOceanClient } from "./cloud/digitalOceanClient";
import { parseEndpoint } from "./cloud/endpoint";
import { propertiesOf } from "./description";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";
import { defineSolver } from "./solver";

/** Arguments of `digitalOcean`. */
export interface DigitalOceanArgs extends DnsArgs {
  /**
   * A personal access token with the scopes domain:read, domain:create, domain:update and domain:delete. A secret;
   * changing it takes effect with the next order.
   */
  readonly token: Input<string>;
  /**
   * Base URL of the API. Changing it takes effect with the next order.
   * @default "https://api.digitalocean.com/v2"
   */
  readonly endpoint?: Input<string>;
}

/** What `digitalOcean` returns. */
export type DigitalOceanSolver = DigitalOceanArgs & { readonly kind: "digitalOcean" };

export interface DigitalOceanSpec {
  readonly token: string | undefined;
  readonly endpoint: string;
  readonly dns: DnsOptions;
}

/**
 * Answers dns-01 with TXT records in domains at DigitalOcean (RFC 8555, 8.4). Each answer is a record of its own,
 * removed by its id once the CA has looked; other records are not touched.
 */
export function digitalOcean(args: DigitalOceanArgs): DigitalOceanSolver {
  return { kind: "digitalOcean", ...args };
}

function parse(value: unknown, property: string): DigitalOceanSpec {
  const known = ["token", "endpoint", ...dnsArgNames];
  const given = propertiesOf(value, property, { name: "digitalOcean", known });
  return {
    token: parseCredential(given.token, `${property}.token`, "a personal access token of DigitalOcean"),
    endpoint: parseEndpoint(given.endpoint, `${property}.endpoint`, "https://api.digitalocean.com/v2"),
    dns: parseDnsArgs(given, property),
  };
}

/** dns-01 by DigitalOcean. */
export const digitalOceanSolver = defineSolver<DigitalOceanSpec, DigitalOceanSolver>({
  kind: "digitalOcean",
  factory: digitalOcean,
  secrets: ["token"],
  parse,
  ...cloudSolver(clientPerSpec((spec: DigitalOceanSpec) => new DigitalOceanClient(spec))),
});
