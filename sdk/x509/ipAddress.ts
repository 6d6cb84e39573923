import { isIPv4, isIPv6 } from "node:net";

/** The 4 or 16 bytes of an IP address; undefined for any other text, also for one with a zone (`fe80::1%eth0`). */
export function ipToBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split(".").map(Number));
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const embedded = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (high: string | undefined, low: string | undefined): string =>
    (Number(high) * 256 + Number(low)).toString(16);
  const plain = embedded ? `${embedded[1]}${hex(embedded[2], embedded[3])}:${hex(embedded[4], embedded[5])}` : text;
  const [head = "", tail] = plain.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const bytes = Buffer.alloc(16);
  for (const [index, group] of first.entries()) bytes.writeUInt16BE(parseInt(group, 16), index * 2);
  for (const [index, group] of last.entries()) bytes.writeUInt16BE(parseInt(group, 16), 16 - (last.length - index) * 2);
  return bytes;
}

/** The canonical text of 4 or 16 bytes: dotted, or as RFC 5952 writes IPv6. */
export function ipFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${bytes.slice(12).join(".")}`;
  let start = -1;
  let longest = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > longest) {
      start = at;
      longest = end - at;
    }
    if (end > at) at = end;
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`;
}

export interface IpRange {
  readonly address: Buffer;
  readonly mask: Buffer;
}

/** Reads `10.0.0.0/8` or `2001:db8::/32`; undefined for any other text. */
export function parseCidr(text: string): (IpRange & { readonly canonical: string }) | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match ? ipToBytes(match[1] as string) : undefined;
  const prefix = Number(match?.[2]);
  if (address === undefined || prefix > address.length * 8) return undefined;
  const mask = Buffer.alloc(address.length);
  for (let bit = 0; bit < prefix; bit++) mask[bit >> 3] = (mask[bit >> 3] as number) | (0x80 >> (bit & 7));
  const network = Buffer.from(address.map((byte, index) => byte & (mask[index] as number)));
  return { address, mask, canonical: `${ipFromBytes(network)}/${prefix}` };
}

/** The text of an address and a mask: `10.0.0.0/8`, or `10.0.0.0/255.0.255.0` where the mask is no prefix. */
export function cidrFromBytes(bytes: Uint8Array): string {
  const half = bytes.length / 2;
  const bits = [...bytes.slice(half)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const prefix = /^(1*)0*$/.exec(bits)?.[1]?.length;
  return `${ipFromBytes(bytes.slice(0, half))}/${prefix ?? ipFromBytes(bytes.slice(half))}`;
}

/** Whether an address lies in a range: same family, same network. */
export function ipInRange(address: Uint8Array, range: IpRange): boolean {
  return (
    address.length === range.address.length &&
    address.every((byte, index) => {
      const mask = range.mask[index] as number;
      return (byte & mask) === ((range.address[index] as number) & mask);
    })
  );
}
