import { Duplex } from "node:stream";
import { message, uint32, withLength } from "./sshMessages";

/** So much may be under way to this side, in bytes, and so much in one packet. */
export const ownWindow = 256 * 1024;
export const ownPacket = 32 * 1024;

/** What the other side said of its end of the channel. */
export interface RemoteEnd {
  readonly id: number;
  readonly window: number;
  readonly maxPacket: number;
}

/** One stream of bytes inside an SSH connection, RFC 4254 section 5. */
export class SshChannel extends Duplex {
  private window: number;
  /** Bytes taken from the other side that it has not been allowed to send again. */
  private consumed = 0;
  private waiting: { chunk: Buffer; done: () => void } | undefined;
  private isCloseSent = false;

  constructor(
    private readonly remote: RemoteEnd,
    private readonly send: (type: number, ...parts: readonly Buffer[]) => void,
  ) {
    super({ allowHalfOpen: true });
    this.window = remote.window;
  }

  receive(data: Buffer): void {
    this.consumed += data.length;
    if (this.push(data)) this.grant();
  }

  /** The other side takes so many bytes more. */
  adjust(bytes: number): void {
    this.window += bytes;
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.transmit(waiting.chunk, waiting.done);
  }

  /** The other side sends nothing more. */
  receiveEof(): void {
    this.push(null);
  }

  /** The other side has closed the channel. */
  receiveClose(): void {
    this.sendClose();
    this.push(null);
    // What was received is read first.
    if (this.readableEnded || this.readableLength === 0) this.destroy();
    else this.once("end", () => this.destroy());
  }

  override _read(): void {
    this.grant();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.transmit(chunk, done);
  }

  override _final(done: () => void): void {
    this.send(message.channelEof, uint32(this.remote.id));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.sendClose();
    done(error);
  }

  private transmit(chunk: Buffer, done: () => void): void {
    let rest = chunk;
    while (rest.length > 0 && this.window > 0) {
      const part = rest.subarray(0, Math.min(this.window, this.remote.maxPacket));
      this.window -= part.length;
      this.send(message.channelData, uint32(this.remote.id), withLength(part));
      rest = rest.subarray(part.length);
    }
    if (rest.length > 0) this.waiting = { chunk: rest, done };
    else done();
  }

  private grant(): void {
    if (this.consumed === 0 || this.isCloseSent) return;
    this.send(message.channelWindowAdjust, uint32(this.remote.id), uint32(this.consumed));
    this.consumed = 0;
  }

  private sendClose(): void {
    if (this.isCloseSent) return;
    this.isCloseSent = true;
    this.send(message.channelClose, uint32(this.remote.id));
  }
}
