/** Where a name is read from; the offset moves behind it. */
export interface NameReader {
  readonly bytes: Buffer;
  offset: number;
}

/** The wire form of a name without its last dot; the empty text is the root (RFC 1035, 3.1). Lower case, uncompressed. */
export function encodeName(name: string): Buffer {
  const labels = name === "" ? [] : name.toLowerCase().split(".");
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, "latin1");
    if (bytes.length === 0 || bytes.length > 63) throw new RangeError(`${name} is no DNS name.`);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  const encoded = Buffer.concat([...parts, Buffer.from([0])]);
  if (encoded.length > 255) throw new RangeError(`${name} is longer than a DNS name may be.`);
  return encoded;
}

/** Reads a name, compressed or not (RFC 1035, 4.1.4), in lower case and without its last dot. */
export function readName(reader: NameReader): string {
  const { bytes } = reader;
  const labels: string[] = [];
  let at = reader.offset;
  let lowestPointer = at;
  let isCompressed = false;
  for (;;) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) {
      const pointer = bytes.readUInt16BE(at) & 0x3fff;
      // A pointer leads to an earlier place: else it could be followed for ever.
      if (pointer >= lowestPointer) throw new RangeError("A compressed name points forward.");
      if (!isCompressed) reader.offset = at + 2;
      isCompressed = true;
      lowestPointer = pointer;
      at = pointer;
    } else if (length === 0) {
      if (!isCompressed) reader.offset = at + 1;
      return labels.join(".");
    } else {
      if (length > 63 || at + 1 + length > bytes.length) throw new RangeError("A name has a malformed label.");
      labels.push(presentable(bytes.subarray(at + 1, at + 1 + length)));
      at += 1 + length;
    }
  }
}

/** What is no usual character stands as `\DDD` (RFC 1035, 5.1), so that it can be no other name. */
function presentable(label: Buffer): string {
  return label
    .toString("latin1")
    .toLowerCase()
    .replace(/[^a-z0-9_*-]/g, (character) => `\\${String(character.charCodeAt(0)).padStart(3, "0")}`);
}

/** Whether a name is a zone or lies in it. */
export function isInZone(name: string, zone: string): boolean {
  return zone === "" || name === zone || name.endsWith(`.${zone}`);
}

/** A name and those above it, the longest first: the zones it may lie in. Without the root. */
export function selfAndParents(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, index) => labels.slice(index).join("."));
}

/** A name as it is compared: lower case, without its last dot. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
