import { isIP } from "node:net";
import { invalidArgument } from "../errors";
import { type TakenCredentials, giveCredentials } from "../targets/credentials";
import { vantageOf } from "../targets/hosts/sshVantage";
import { type Endpoint, parseEndpoint } from "../verify/endpoint";
import { serverNameOf } from "../verify/serverName";
import type { Credentials } from "./define";
import { hasUnknown } from "./unknown";

/** The endpoints with the keys of the hosts from which they are asked, as far as those pass through this run. */
export function givenEndpoints(endpoints: readonly Endpoint[], credentials: Credentials): Endpoint[] {
  return giveCredentials(endpoints, (credentials.endpoints ?? {}) as TakenCredentials) as Endpoint[];
}

/** Throws `InvalidArgument` for endpoints that can never be asked. Asks nobody. */
export function assertEndpoints(endpoints: readonly Endpoint[], dnsNames: unknown, credentials: Credentials): void {
  if (!Array.isArray(endpoints)) {
    throw invalidArgument(
      "endpoints",
      `${JSON.stringify(endpoints)} is no list.`,
      'Give [{ address: "web.example.com" }].',
    );
  }
  for (const [index, endpoint] of givenEndpoints(endpoints, credentials).entries()) {
    const property = `endpoints[${index}]`;
    const parsed = parseEndpoint(endpoint, property, vantageOf);
    if (!hasUnknown(dnsNames)) serverNameOf(parsed, dnsNames as string[], property);
  }
}

/** The machine that an endpoint belongs to: its address, or the host that is asked to look at itself. */
export function machineOf({ address, from }: Endpoint): string {
  const isLoopback =
    address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
  const host = typeof from === "object" ? (from as { host?: unknown }).host : undefined;
  return isLoopback && typeof host === "string" ? host : address;
}
