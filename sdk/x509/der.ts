/** A writer for the DER (X.690) that certificates and requests need. Every function returns one encoded element. */

export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const content of contents) length += content.length;
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
  const out = Buffer.allocUnsafe(header + length);
  out[0] = tag;
  if (header === 2) out[1] = length;
  else {
    out[1] = 0x80 | (header - 2);
    out.writeUIntBE(length, 2, header - 2);
  }
  let at = header;
  for (const content of contents) {
    out.set(content, at);
    at += content.length;
  }
  return out;
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(0x30, ...items);

/** A SET OF, its elements in the order that DER asks for. */
export const setOf = (...items: readonly Uint8Array[]): Buffer => element(0x31, ...[...items].sort(Buffer.compare));

export const boolean = (value: boolean): Buffer => element(0x01, Uint8Array.of(value ? 0xff : 0));

/** A non-negative INTEGER, from a small number or from big-endian bytes. */
export function integer(value: number | Uint8Array): Buffer {
  let bytes = typeof value === "number" ? bigEndian(value) : value;
  let zeros = 0;
  while (zeros < bytes.length - 1 && bytes[zeros] === 0) zeros++;
  bytes = bytes.subarray(zeros);
  return (bytes[0] ?? 0) >= 0x80 ? element(0x02, Uint8Array.of(0), bytes) : element(0x02, bytes);
}

function bigEndian(value: number): Uint8Array {
  const bytes = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

export const octetString = (content: Uint8Array): Buffer => element(0x04, content);

export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  element(0x03, Uint8Array.of(unusedBits), content);

/** A BIT STRING of named bits: DER leaves out the trailing zero bits (X.690 11.2.2). */
export function namedBits(bits: readonly number[]): Buffer {
  if (bits.length === 0) return bitString(new Uint8Array(0));
  const highest = Math.max(...bits);
  const bytes = new Uint8Array((highest >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bitString(bytes, 7 - (highest & 7));
}

const knownOids = new Map<string, Buffer>();

export function objectIdentifier(dotted: string): Buffer {
  const known = knownOids.get(dotted);
  if (known !== undefined) return known;
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
    bytes.push(...digits);
  }
  const encoded = element(0x06, Uint8Array.from(bytes));
  if (knownOids.size < 1000) knownOids.set(dotted, encoded);
  return encoded;
}

/** Whether a text is an object identifier in dotted form. */
export function isObjectIdentifier(text: string): boolean {
  return /^(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9][0-9]{0,8}))(?:\.(?:0|[1-9][0-9]{0,14}))+$/.test(text);
}

export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, "utf8"));
export const printableString = (text: string): Buffer => element(0x13, Buffer.from(text, "latin1"));
export const ia5String = (text: string): Buffer => element(0x16, Buffer.from(text, "latin1"));

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5), in whole seconds. */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-T:]/g, "");
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), "latin1"))
    : element(0x18, Buffer.from(digits, "latin1"));
}

/** `[n] EXPLICIT`, or any other constructed context-specific element. */
export const constructed = (number: number, ...items: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...items);

/** `[n] IMPLICIT` of a primitive type, from the contents. */
export const primitive = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);
