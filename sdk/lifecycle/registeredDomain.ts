import { ipFromBytes, ipToBytes } from "../x509/ipAddress";

/** Under which name a CA counts an identifier. */
export type RegisteredDomain = (name: string) => string;

/**
 * The registered domain of a name by the public suffix list, private suffixes such as `github.io` among them; the name
 * itself where it is a suffix. An IPv4 address counts by itself, an IPv6 address with its /64. The list is loaded with
 * the first call.
 */
export async function registeredDomains(): Promise<RegisteredDomain> {
  const { getDomain } = await import("tldts");
  return (name) => {
    const address = ipToBytes(name);
    if (address?.length === 4) return ipFromBytes(address);
    if (address !== undefined) return `${ipFromBytes(address.fill(0, 8))}/64`;
    const plain = name.replace(/^\*\./, "").toLowerCase();
    return getDomain(plain, { allowPrivateDomains: true, validateHostname: false }) ?? plain;
  };
}
