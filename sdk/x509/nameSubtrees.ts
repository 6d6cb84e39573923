import { ipInRange, ipToBytes, parseCidr } from "./ipAddress";
import type { nameKinds } from "./names";

/** Whether a name lies in a subtree; what cannot be judged counts as excluded, and as not permitted. */
export const within: Readonly<
  Record<(typeof nameKinds)[number], (name: string, base: string, whenUnclear: boolean) => boolean>
> = {
  dnsNames: (name, base, excluding) => {
    const host = name.toLowerCase();
    const domain = base.toLowerCase();
    if (domain === "" || host === domain || host.endsWith(domain.startsWith(".") ? domain : `.${domain}`)) return true;
    // A wildcard stands for names of one more label: one of them may be excluded though the wildcard itself is not.
    return excluding && host.startsWith("*.") && domain.slice(domain.indexOf(".")) === host.slice(1);
  },
  ipAddresses: (name, base, excluding) => {
    const address = ipToBytes(name);
    const range = parseRange(base);
    return address === undefined || range === undefined ? excluding : ipInRange(address, range);
  },
  uris: (name, base, excluding) => {
    const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:[\]]+)(?::[0-9]*)?(?:[/?#]|$)/i.exec(name)?.[1];
    // RFC 5280: a URI whose host is no name cannot be judged, so a constraint refuses it.
    if (host === undefined || ipToBytes(host) !== undefined) return excluding;
    return hostWithin(host, base);
  },
  emailAddresses: (name, base, excluding) => {
    const at = name.lastIndexOf("@");
    if (at < 0) return excluding;
    if (!base.includes("@")) return hostWithin(name.slice(at + 1), base);
    const baseAt = base.lastIndexOf("@");
    return (
      name.slice(0, at) === base.slice(0, baseAt) &&
      name.slice(at + 1).toLowerCase() === base.slice(baseAt + 1).toLowerCase()
    );
  },
};

function hostWithin(host: string, base: string): boolean {
  const domain = base.toLowerCase();
  return domain.startsWith(".") ? host.toLowerCase().endsWith(domain) : host.toLowerCase() === domain;
}

const ranges = new Map<string, ReturnType<typeof parseCidr>>();

function parseRange(text: string): ReturnType<typeof parseCidr> {
  if (!ranges.has(text)) {
    if (ranges.size >= 1000) ranges.clear();
    ranges.set(text, parseCidr(text));
  }
  return ranges.get(text);
}
