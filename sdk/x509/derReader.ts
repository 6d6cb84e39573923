/** A bounds-checked reader for DER (X.690). What it cannot read it refuses by throwing `MalformedDer`. */

export class MalformedDer extends Error {}

/** One element, with views into the bytes that it was read from. */
export interface DerElement {
  readonly tag: number;
  /** The contents, without tag and length. */
  readonly content: Buffer;
  /** The whole element. */
  readonly bytes: Buffer;
}

/** Reads the element that starts at an offset. */
export function readElement(buffer: Buffer, offset = 0): DerElement {
  const tag = buffer[offset];
  const first = buffer[offset + 1];
  if (tag === undefined || first === undefined) throw new MalformedDer("an element is cut off");
  if ((tag & 0x1f) === 0x1f) throw new MalformedDer("a tag has several bytes");
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || start + count > buffer.length) throw new MalformedDer("a length is malformed");
    length = buffer.readUIntBE(start, count);
    start += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1)))
      throw new MalformedDer("a length is not in its shortest form");
  }
  if (start + length > buffer.length) throw new MalformedDer("an element is longer than what holds it");
  return { tag, content: buffer.subarray(start, start + length), bytes: buffer.subarray(offset, start + length) };
}

/** The one element that a buffer holds; with a tag, of that type. */
export function readOnly(buffer: Buffer, tag?: number): DerElement {
  const element = readElement(buffer);
  if (element.bytes.length !== buffer.length) throw new MalformedDer("there is data after the end");
  return expectTag(element, tag);
}

/** The elements inside a constructed element's contents. */
export function readAll(content: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < content.length;) {
    const element = readElement(content, offset);
    elements.push(element);
    offset += element.bytes.length;
  }
  return elements;
}

/** The elements of a SEQUENCE. */
export const readSequence = (buffer: Buffer): DerElement[] => readAll(readOnly(buffer, 0x30).content);

export function expectTag(element: DerElement | undefined, tag?: number): DerElement {
  if (element === undefined) throw new MalformedDer("an element is missing");
  if (tag !== undefined && element.tag !== tag)
    throw new MalformedDer(`an element has the tag 0x${element.tag.toString(16)}, not 0x${tag.toString(16)}`);
  return element;
}

export function readOid(element: DerElement | undefined): string {
  const { content } = expectTag(element, 0x06);
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw new MalformedDer("an object identifier is too large");
    if (byte >= 0x80) {
      if (index === content.length - 1) throw new MalformedDer("an object identifier is cut off");
      continue;
    }
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  if (arcs.length === 0) throw new MalformedDer("an object identifier is empty");
  return arcs.join(".");
}

export function readBoolean(element: DerElement | undefined): boolean {
  const { content } = expectTag(element, 0x01);
  if (content.length !== 1) throw new MalformedDer("a boolean has not one byte");
  return content[0] !== 0;
}

/** A small non-negative INTEGER. */
export function readInteger(element: DerElement): number {
  const { content } = element;
  if (content.length === 0 || content.length > 5 || (content[0] as number) >= 0x80)
    throw new MalformedDer("a number is out of range");
  return content.readUIntBE(0, content.length);
}

/** The bits that are set in a BIT STRING. */
export function readNamedBits(element: DerElement): number[] {
  const unused = element.content[0];
  if (unused === undefined || unused > 7) throw new MalformedDer("a bit string is malformed");
  const bits: number[] = [];
  for (const [index, byte] of element.content.subarray(1).entries())
    for (let bit = 0; bit < 8; bit++) if ((byte & (0x80 >> bit)) !== 0) bits.push(index * 8 + bit);
  return bits;
}

/** UTCTime or GeneralizedTime as RFC 5280 allows them: in seconds, ending in Z. */
export function readTime(element: DerElement | undefined): Date {
  const { tag, content } = expectTag(element);
  const text = content.toString("latin1");
  const match = (
    tag === 0x17 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
  ).exec(text);
  if (match === null || (tag !== 0x17 && tag !== 0x18)) throw new MalformedDer("a time is malformed");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const fullYear = tag === 0x18 ? year : year < 50 ? 2000 + year : 1900 + year;
  const date = new Date(0);
  date.setUTCFullYear(fullYear, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  const readBack = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  if (readBack.join() !== [month, day, hour, minute, second].join()) throw new MalformedDer("a time is out of range");
  return date;
}
