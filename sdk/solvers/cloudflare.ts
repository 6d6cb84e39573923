import type { Input } from "@pulumi/pulumi";
import { clientPerSpec } from "./cloud/clients";
import { CloudflareClient } from "./cloud/cloudflareClient";
import { cloudSolver } from "./cloud/cloudSolver";
import { parseCredential } from "./cloud/credential";
import { parseEndpoint } from "./cloud/endpoint";
import { propertiesOf } from "./description";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";
import { defineSolver } from "./solver";

/** Arguments of `cloudflare`. */
export interface CloudflareArgs extends DnsArgs {
  /**
   * An API token (not the global API key) with the permissions Zone:Zone:Read and Zone:DNS:Edit for the zones. A
   * secret; changing it takes effect with the next order.
   */
  readonly apiToken: Input<string>;
  /**
   * Base URL of the API. Changing it takes effect with the next order.
   * @default "https://api.cloudflare.com/client/v4"
   */
  readonly endpoint?: Input<string>;
}

/** What `cloudflare` returns. */
export type CloudflareSolver = CloudflareArgs & { readonly kind: "cloudflare" };

export interface CloudflareSpec {
  readonly apiToken: string | undefined;
  readonly endpoint: string;
  readonly dns: DnsOptions;
}

/**
 * Answers dns-01 with TXT records in zones at Cloudflare (RFC 8555, 8.4). Each answer is a record of its own, removed
 * by its id once the CA has looked; other records are not touched.
 */
export function cloudflare(args: CloudflareArgs): CloudflareSolver {
  return { kind: "cloudflare", ...args };
}

function parse(value: unknown, property: string): CloudflareSpec {
  const known = ["apiToken", "endpoint", ...dnsArgNames];
  const given = propertiesOf(value, property, { name: "cloudflare", known });
  return {
    apiToken: parseCredential(given.apiToken, `${property}.apiToken`, "an API token of Cloudflare"),
    endpoint: parseEndpoint(given.endpoint, `${property}.endpoint`, "https://api.cloudflare.com/client/v4"),
    dns: parseDnsArgs(given, property),
  };
}

/** dns-01 by Cloudflare. */
export const cloudflareSolver = defineSolver<CloudflareSpec, CloudflareSolver>({
  kind: "cloudflare",
  factory: cloudflare,
  secrets: ["apiToken"],
  parse,
  ...cloudSolver(clientPerSpec((spec: CloudflareSpec) => new CloudflareClient(spec))),
});
