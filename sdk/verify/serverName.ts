import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { invalidArgument } from "../errors";
import { hostMatches } from "../x509/hostMatching";
import type { ParsedEndpoint } from "./endpoint";

/**
 * The name to send in SNI: the endpoint's own, else the first DNS name of the certificate. A wildcard is no name a
 * client could ask for: the endpoint's address stands in for it where it matches, else a serverName must be given.
 * `undefined` means that no SNI is sent: a certificate for IP addresses alone, at an IP address.
 */
export function serverNameOf(
  endpoint: ParsedEndpoint,
  dnsNames: readonly string[],
  property: string,
): string | undefined {
  if (endpoint.serverName !== undefined) return endpoint.serverName;
  const address = isIP(endpoint.address) === 0 ? endpoint.address : undefined;
  const names = dnsNames.map(ascii);
  const first = names.find((name) => !name.startsWith("*."));
  if (first !== undefined) return first;
  const wildcard = names[0];
  if (wildcard === undefined) return address;
  if (address !== undefined && names.some((name) => hostMatches(address, name))) return address;
  throw invalidArgument(
    `${property}.serverName`,
    `the certificate has only wildcard names (${wildcard}), and a wildcard cannot be sent as the server name.`,
    `Give a name that it covers, such as "www${wildcard.slice(1)}".`,
  );
}

/** Refuses endpoints that ask for a name which the certificate is not for: clients would turn it away there. */
export function assertNamed(endpoints: readonly { serverName?: string }[], dnsNames: readonly string[]): void {
  for (const [index, { serverName }] of endpoints.entries()) {
    if (serverName === undefined || dnsNames.some((name) => hostMatches(ascii(serverName), ascii(name)))) continue;
    throw invalidArgument(
      `endpoints[${index}].serverName`,
      `"${serverName}" is none of the certificate's names (${dnsNames.join(", ") || "it has no DNS names"}).`,
      "Ask for a name that it has, or add this one to the dnsNames of the certificate.",
    );
  }
}

/** A wildcard stays as it is. */
function ascii(name: string): string {
  return domainToASCII(name) || name.toLowerCase();
}
