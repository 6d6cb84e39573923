import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { ProbeError } from "./probeFailure";

/** Answers a host name with all of its addresses. */
export type Lookup = (hostname: string) => Promise<string[]>;

/**
 * Every IPv4 and IPv6 address of a host name, in the order in which the system gives them and each once. An IP
 * address is its own answer. The system's resolver is asked, so that /etc/hosts and private zones count as they do
 * for the clients on this machine.
 */
export async function resolveAddresses(address: string, lookup: Lookup = lookupAll): Promise<string[]> {
  if (isIP(address) !== 0) return [address];
  const addresses = [...new Set(await lookup(address))];
  if (addresses.length === 0) throw new ProbeError("unresolvable", `the name ${address} has no address`);
  return addresses;
}

async function lookupAll(hostname: string): Promise<string[]> {
  try {
    return (await systemLookup(hostname, { all: true, verbatim: true })).map((one) => one.address);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    const reason = code === "ENOTFOUND" ? "there is no such name" : "the name server did not answer";
    throw new ProbeError("unresolvable", `the name ${hostname} cannot be resolved: ${reason} (${code})`);
  }
}
