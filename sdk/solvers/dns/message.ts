import { type NameReader, encodeName, readName } from "./name";

/** Numbers of record types (RFC 1035, 3.2.2; RFC 6891; RFC 8945). */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, OPT: 41, TSIG: 250, ANY: 255 } as const;

/** Classes; NONE and ANY have their meaning in updates (RFC 2136, 2.5). */
export const classes = { IN: 1, NONE: 254, ANY: 255 } as const;

export const opcodes = { query: 0, update: 5 } as const;

/** Names of response codes (RFC 1035, 4.1.1; RFC 2136, 2.2; RFC 8945, 3). */
const responseCodes: Readonly<Record<number, string>> = {
  0: "NOERROR",
  1: "FORMERR",
  2: "SERVFAIL",
  3: "NXDOMAIN",
  4: "NOTIMP",
  5: "REFUSED",
  6: "YXDOMAIN",
  7: "YXRRSET",
  8: "NXRRSET",
  9: "NOTAUTH",
  10: "NOTZONE",
  16: "BADSIG",
  17: "BADKEY",
  18: "BADTIME",
  22: "BADTRUNC",
};

export function responseCodeName(code: number): string {
  return responseCodes[code] ?? `RCODE ${code}`;
}

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord extends Question {
  readonly ttl: number;
  /** The data as it stands in the message; names in it may be compressed. */
  readonly data: Uint8Array;
  /** The name that is the data of CNAME and NS, and the first one of SOA. */
  readonly target?: string;
  /** Where it begins in the message that it was read from. */
  readonly offset?: number;
}

/** A message (RFC 1035, 4). In an update the sections are zone, prerequisites, updates, additional (RFC 2136, 2). */
export interface DnsMessage {
  readonly id: number;
  readonly isResponse?: boolean;
  readonly opcode?: number;
  readonly isAuthoritative?: boolean;
  readonly isTruncated?: boolean;
  readonly recursionDesired?: boolean;
  readonly responseCode?: number;
  readonly questions: readonly Question[];
  readonly answers?: readonly ResourceRecord[];
  readonly authorities?: readonly ResourceRecord[];
  readonly additionals?: readonly ResourceRecord[];
}

export function encodeMessage(message: DnsMessage): Buffer {
  const { questions, answers = [], authorities = [], additionals = [] } = message;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(message.id, 0);
  header.writeUInt16BE(
    (message.isResponse === true ? 0x8000 : 0) |
      ((message.opcode ?? opcodes.query) << 11) |
      (message.isAuthoritative === true ? 0x0400 : 0) |
      (message.isTruncated === true ? 0x0200 : 0) |
      (message.recursionDesired === true ? 0x0100 : 0) |
      (message.responseCode ?? 0),
    2,
  );
  [questions, answers, authorities, additionals].forEach((section, index) =>
    header.writeUInt16BE(section.length, 4 + 2 * index),
  );
  const records = [...answers, ...authorities, ...additionals];
  return Buffer.concat([header, ...questions.map(encodeQuestion), ...records.map(encodeRecord)]);
}

function encodeQuestion(question: Question): Buffer {
  const fixed = Buffer.alloc(4);
  fixed.writeUInt16BE(question.type, 0);
  fixed.writeUInt16BE(question.class, 2);
  return Buffer.concat([encodeName(question.name), fixed]);
}

export function encodeRecord(record: ResourceRecord): Buffer {
  const fixed = Buffer.alloc(6);
  fixed.writeUInt32BE(record.ttl, 0);
  fixed.writeUInt16BE(record.data.length, 4);
  return Buffer.concat([encodeQuestion(record), fixed, record.data]);
}

/** The same for bytes that anybody may have sent; undefined if they are no well-formed message. */
export function tryDecodeMessage(bytes: Buffer): DnsMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if ((error as Error).name === "RangeError") return undefined;
    throw error;
  }
}

/** Reads a message. Throws a RangeError for one that is not well-formed. */
export function decodeMessage(bytes: Buffer): DnsMessage {
  const flags = bytes.readUInt16BE(2);
  const reader: NameReader = { bytes, offset: 12 };
  const section = <T>(index: number, read: (from: NameReader) => T): T[] =>
    Array.from({ length: bytes.readUInt16BE(4 + 2 * index) }, () => read(reader));
  return {
    id: bytes.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    responseCode: flags & 15,
    questions: section(0, readQuestion),
    answers: section(1, readRecord),
    authorities: section(2, readRecord),
    additionals: section(3, readRecord),
  };
}

function readQuestion(reader: NameReader): Question {
  const name = readName(reader);
  const type = reader.bytes.readUInt16BE(reader.offset);
  const recordClass = reader.bytes.readUInt16BE(reader.offset + 2);
  reader.offset += 4;
  return { name, type, class: recordClass };
}

function readRecord(reader: NameReader): ResourceRecord {
  const begin = reader.offset;
  const question = readQuestion(reader);
  const { bytes, offset } = reader;
  const ttl = bytes.readUInt32BE(offset);
  const start = offset + 6;
  const end = start + bytes.readUInt16BE(offset + 4);
  if (end > bytes.length) throw new RangeError("A record goes beyond the end of its message.");
  reader.offset = end;
  const data = bytes.subarray(start, end);
  const { CNAME, NS, SOA } = recordTypes;
  const hasTarget = question.type === CNAME || question.type === NS || question.type === SOA;
  // The data of an update may be empty (RFC 2136, 2.5.2).
  if (!hasTarget || data.length === 0) return { ...question, ttl, data, offset: begin };
  return { ...question, ttl, data, offset: begin, target: readName({ bytes, offset: start }) };
}

/** The data of a TXT record: strings of at most 255 bytes (RFC 1035, 3.3.14). */
export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}

/** Its strings, joined as ACME does (RFC 8555, 8.4). */
export function decodeText(data: Uint8Array): string {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length;) {
    const length = data[at] ?? 0;
    parts.push(data.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return Buffer.concat(parts).toString();
}
