import type { Input } from "@pulumi/pulumi";
import { isIP } from "node:net";
import { invalidArgument } from "../errors";
import { portOr, propertiesOf, shown } from "./description";

/** Arguments of `standalone`. */
export interface StandaloneArgs {
  /**
   * The TCP port to listen on. The CA always connects to 80 for http-01 and to 443 for tls-alpn-01: with another port,
   * something must forward to it. Changing it takes effect with the next order.
   * @default 80 under `http01`, 443 under `tlsAlpn01`
   */
  readonly port?: Input<number>;
  /**
   * The IP address to listen on. Changing it takes effect with the next order.
   * @default all addresses of the machine, IPv6 and IPv4
   */
  readonly address?: Input<string>;
}

/** A `standalone` solver in a program. */
export type StandaloneSolver = StandaloneArgs & { readonly kind: "standalone" };

/**
 * Answers from a listener of its own on the machine on which Pulumi runs, open only while a challenge is. Under
 * `http01` it serves plain HTTP (RFC 8555, 8.3), under `tlsAlpn01` TLS (RFC 8737). All challenges of a run share it.
 */
export function standalone(args: StandaloneArgs = {}): StandaloneSolver {
  return { ...args, kind: "standalone" };
}

/** Where to listen. */
export interface ListenAddress {
  readonly port: number;
  /** Undefined for all addresses. */
  readonly address?: string;
}

export function parseStandalone(defaultPort: number, value: unknown, property: string): ListenAddress {
  const { port, address } = propertiesOf(value, property, { name: "standalone", known: ["port", "address"] });
  if (address !== undefined && (typeof address !== "string" || isIP(address) === 0)) {
    throw invalidArgument(
      `${property}.address`,
      `${shown(address)} is no IP address.`,
      'Write one of this machine, like "10.0.0.7" or "2001:db8::7"; leave it out for all.',
    );
  }
  return { port: portOr(defaultPort, port, `${property}.port`), ...(address !== undefined && { address }) };
}
