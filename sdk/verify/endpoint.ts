import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { invalidArgument } from "../errors";
import { findPreamble, preambles, type StartTlsProtocol } from "./starttls";
import type { Vantage, VantageOf } from "./vantage";

/** TLS from the first byte, or a protocol that starts in clear text and upgrades. */
export type EndpointProtocol = "tls" | StartTlsProtocol;

/** A place where a certificate is served. */
export interface Endpoint {
  /**
   * A host name or an IP address, without scheme, brackets or port. Of a host name every IPv4 and IPv6 address is
   * asked, each time anew.
   */
  address: string;
  /**
   * The TCP port, 1 to 65535.
   * @default the protocol's own: 443, for `smtp` 25, for `postgresql` 5432
   */
  port?: number;
  /**
   * The name sent in the TLS Server Name Indication (RFC 6066 section 3), a DNS name. By it a server with several
   * certificates chooses the one to serve.
   * @default the certificate's first DNS name; none is sent for a certificate without one
   */
  serverName?: string;
  /**
   * `tls` for HTTPS and everything else that starts with TLS; `smtp` for STARTTLS (RFC 3207); `postgresql` for its
   * SSLRequest.
   * @default "tls"
   */
  protocol?: EndpointProtocol;
  /**
   * From where it is asked: `runner` for this machine, else a host as `VantageOf` understands it.
   * @default "runner"
   */
  from?: "runner" | { readonly kind: string };
}

/** An {@link Endpoint} with its defaults filled in; the server name stays open, it comes from the certificate. */
export interface ParsedEndpoint {
  address: string;
  port: number;
  protocol: EndpointProtocol;
  serverName?: string;
  /** Absent for this machine. */
  from?: Vantage;
}

const known = new Set(["address", "port", "serverName", "protocol", "from"]);
const protocols = ["tls", ...preambles.map((preamble) => preamble.protocol)];

/** Checks what a program gave as an endpoint. `property` is its path in the arguments, as in `endpoints[0]`. */
export function parseEndpoint(value: unknown, property: string, vantageOf: VantageOf = noVantage): ParsedEndpoint {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(
      property,
      `${shown(value)} is no endpoint.`,
      'Give { address: "web.example.com", port: 443 }.',
    );
  }
  const given = value as Record<string, unknown>;
  for (const key of Object.keys(given)) {
    if (!known.has(key)) {
      throw invalidArgument(`${property}.${key}`, "unknown property.", `An endpoint has ${[...known].join(", ")}.`);
    }
  }
  const protocol = parseProtocol(given["protocol"], `${property}.protocol`);
  const serverName = parseServerName(given["serverName"], `${property}.serverName`);
  return {
    address: parseAddress(given["address"], `${property}.address`),
    port: parsePort(given["port"], protocol, `${property}.port`),
    protocol,
    ...(serverName === undefined ? {} : { serverName }),
    ...(isElsewhere(given["from"]) && { from: vantageOf(given["from"], `${property}.from`) }),
  };
}

function isElsewhere(from: unknown): boolean {
  return from !== undefined && from !== null && from !== "runner";
}

function noVantage(_: unknown, property: string): never {
  throw invalidArgument(
    property,
    "these endpoints are asked from this machine alone.",
    'Leave it out, or use "runner".',
  );
}

/** `address:port` as people write it, with brackets around IPv6. */
export function endpointName(endpoint: { address: string; port: number }): string {
  const host = isIP(endpoint.address) === 6 ? `[${endpoint.address}]` : endpoint.address;
  return `${host}:${String(endpoint.port)}`;
}

function parseAddress(value: unknown, property: string): string {
  if (typeof value !== "string" || value.trim() === "") {
    throw invalidArgument(property, `${shown(value)} is no address.`, "Give a host name or an IP address.");
  }
  if (isIP(value) !== 0) return value;
  if (value.includes("://")) {
    throw invalidArgument(property, `"${value}" is a URL.`, "Give the host name alone, and the port as port.");
  }
  if (/^\[.*\]/.test(value)) {
    throw invalidArgument(
      property,
      `"${value}" has brackets.`,
      "Give the IPv6 address without them, the port as port.",
    );
  }
  if (/:\d+$/.test(value)) {
    throw invalidArgument(property, `"${value}" holds a port.`, "Give the host name alone, and the port as port.");
  }
  return parseDnsName(value, property, "a host name or an IP address");
}

function parsePort(value: unknown, protocol: EndpointProtocol, property: string): number {
  if (value === undefined || value === null) return findPreamble(protocol)?.defaultPort ?? 443;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  throw invalidArgument(property, `${shown(value)} is no TCP port.`, "Give a whole number from 1 to 65535.");
}

function parseProtocol(value: unknown, property: string): EndpointProtocol {
  if (value === undefined || value === null) return "tls";
  if (typeof value === "string" && protocols.includes(value)) return value as EndpointProtocol;
  throw invalidArgument(property, `${shown(value)} is not known.`, `Give one of ${protocols.join(", ")}.`);
}

function parseServerName(value: unknown, property: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "") {
    throw invalidArgument(property, `${shown(value)} is no DNS name.`, "Give a DNS name, or leave it out.");
  }
  if (isIP(value) !== 0) {
    throw invalidArgument(
      property,
      `"${value}" is an IP address, which TLS does not allow there (RFC 6066 section 3).`,
      "Give a DNS name, or leave it out and put the IP address into address.",
    );
  }
  return parseDnsName(value, property, "a DNS name without a wildcard");
}

/** A host name in its ASCII form; underscores are allowed, for names of services and containers. */
function parseDnsName(value: string, property: string, expected: string): string {
  const ascii = domainToASCII(value).replace(/\.$/, "");
  const labels = ascii.split(".");
  const fine = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (ascii === "" || ascii.length > 253 || isIP(ascii) !== 0 || !fine) {
    throw invalidArgument(property, `"${value}" is no valid name.`, `Give ${expected}.`);
  }
  return ascii;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return JSON.stringify(value) ?? typeof value;
}
