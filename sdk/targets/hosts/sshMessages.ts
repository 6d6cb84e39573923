/** Messages of the SSH connection protocol, RFC 4254 section 9. */
export const message = {
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelEof: 96,
  channelClose: 97,
} as const;

/** `uint32` of RFC 4251 section 5. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `string` of RFC 4251 section 5, and how OpenSSH's control socket frames what it says. */
export function withLength(content: string | Uint8Array): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads the fields of one message after the other. */
export class Fields {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  uint32(): number {
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }

  string(): Buffer {
    const length = this.uint32();
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError("a string that is longer than its message");
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** OpenSSH takes no longer packets either. */
const longestFrame = 256 * 1024;

/** Takes frames apart that arrive in pieces. */
export class Frames {
  private received: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. */
  *add(chunk: Buffer): Generator<Buffer> {
    this.received = Buffer.concat([this.received, chunk]);
    while (this.received.length >= 4) {
      const length = this.received.readUInt32BE(0);
      if (length > longestFrame) throw new RangeError(`a frame of ${length} bytes`);
      if (this.received.length < 4 + length) return;
      const frame = this.received.subarray(4, 4 + length);
      this.received = this.received.subarray(4 + length);
      yield frame;
    }
  }
}
