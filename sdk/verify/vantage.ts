import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { classifyFailure } from "./classifyFailure";
import { ProbeError } from "./probeFailure";
import { type Lookup, resolveAddresses } from "./resolve";

/** A machine from which endpoints are asked. */
export interface Vantage {
  /** As it stands in messages; none for this machine. */
  readonly name?: string;
  /** Every IPv4 and IPv6 address of a host name, as its own clients see them; an IP address is its own answer. */
  resolve(address: string): Promise<string[]>;
  /**
   * A TCP connection from there to an IP address, which the signal ends at any time. A failure that says something of
   * the endpoint is a `ProbeError`; any other ends the verification.
   */
  connect(address: string, port: number, signal: AbortSignal): Promise<Duplex>;
}

/** Understands the `from` of an endpoint; throws `InvalidArgument` for what it is not. */
export type VantageOf = (from: unknown, property: string) => Vantage;

/** This machine. */
export function thisMachine(lookup?: Lookup): Vantage {
  return {
    resolve: (address) => resolveAddresses(address, lookup),
    connect: (address, port, signal) =>
      new Promise((resolve, reject) => {
        const socket = connectTcp({ host: address, port, signal });
        socket.once("error", (error) => {
          const { kind, message } = classifyFailure(error, "connecting", address);
          reject(new ProbeError(kind, message));
        });
        socket.once("connect", () => resolve(socket));
      }),
  };
}
