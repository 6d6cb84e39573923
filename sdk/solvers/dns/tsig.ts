import { createHmac, timingSafeEqual } from "node:crypto";
import { classes, decodeMessage, encodeRecord, recordTypes } from "./message";
import { encodeName, readName } from "./name";

export const tsigAlgorithms = ["hmac-sha256", "hmac-sha384", "hmac-sha512"] as const;
/** The MAC algorithms of RFC 8945 that are offered. */
export type TsigAlgorithm = (typeof tsigAlgorithms)[number];

/** A secret that a client and a server share (RFC 8945). */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Buffer;
}

export interface SignedMessage {
  readonly bytes: Buffer;
  /** The answer's signature covers it. */
  readonly mac: Buffer;
}

/** What the signature of an answer tells. */
export interface VerifiedAnswer {
  /** Whether it was made with the key, for this request. */
  readonly isAuthentic: boolean;
  /** Why the server did not accept the signature of the request (RFC 8945, 5.2); 0 if it did. */
  readonly error: number;
}

/** Seconds that the clocks of both sides may differ (RFC 8945, 10). */
const fudge = 300;
const headerLength = 12;

/** Appends a signature to a request (RFC 8945, 5.1). */
export function signMessage(message: Buffer, key: TsigKey, now = Date.now()): SignedMessage {
  const time = Buffer.alloc(8);
  time.writeUIntBE(Math.floor(now / 1_000), 0, 6);
  time.writeUInt16BE(fudge, 6);
  const mac = macOf(key, [message, variables(key, time, 0, Buffer.alloc(0))]);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    time,
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(0),
    uint16(0),
  ]);
  const record = encodeRecord({ name: key.name, type: recordTypes.TSIG, class: classes.ANY, ttl: 0, data });
  const bytes = Buffer.concat([message, record]);
  bytes.writeUInt16BE(bytes.readUInt16BE(10) + 1, 10);
  return { bytes, mac };
}

/** Checks the signature of the answer to a signed request (RFC 8945, 5.3). */
export function verifyAnswer(answer: Buffer, key: TsigKey, requestMac: Buffer): VerifiedAnswer {
  const { additionals = [] } = decodeMessage(answer);
  const record = additionals[additionals.length - 1];
  if (record?.type !== recordTypes.TSIG || record.offset === undefined) return { isAuthentic: false, error: 0 };
  const bytes = Buffer.from(record.data);
  const reader = { bytes, offset: 0 };
  const algorithm = readName(reader);
  const time = bytes.subarray(reader.offset, reader.offset + 8);
  const macEnd = reader.offset + 10 + bytes.readUInt16BE(reader.offset + 8);
  const mac = bytes.subarray(reader.offset + 10, macEnd);
  const error = bytes.readUInt16BE(macEnd + 2);
  const other = bytes.subarray(macEnd + 6, macEnd + 6 + bytes.readUInt16BE(macEnd + 4));

  // What was signed is the message as it was without the signature.
  const unsigned = Buffer.from(answer.subarray(0, record.offset));
  bytes.copy(unsigned, 0, macEnd, macEnd + 2);
  unsigned.writeUInt16BE(additionals.length - 1, headerLength - 2);
  const parts = [uint16(requestMac.length), requestMac, unsigned, variables(key, time, error, other)];
  const expected = macOf(key, parts);
  const isCurrent = Math.abs(Date.now() / 1_000 - time.readUIntBE(0, 6)) <= time.readUInt16BE(6);
  const isAuthentic =
    record.name === key.name.toLowerCase() &&
    algorithm === key.algorithm &&
    isCurrent &&
    mac.length === expected.length &&
    timingSafeEqual(mac, expected);
  return { isAuthentic, error };
}

/** The fields that are signed beside the message (RFC 8945, 4.3.3). */
function variables(key: TsigKey, timeAndFudge: Buffer, error: number, other: Buffer): Buffer {
  return Buffer.concat([
    encodeName(key.name),
    uint16(classes.ANY),
    Buffer.alloc(4),
    encodeName(key.algorithm),
    timeAndFudge,
    uint16(error),
    uint16(other.length),
    other,
  ]);
}

function macOf(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(key.algorithm.slice("hmac-".length), key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
