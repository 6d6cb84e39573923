import { type Socket, connect } from "node:net";
import type { Duplex } from "node:stream";
import { ownPacket, ownWindow, SshChannel } from "./sshChannel";
import { Fields, Frames, message, uint32, withLength } from "./sshMessages";

/** Why the host did not open a connection; `failed` has the words of its operating system. */
export class NotConnected extends Error {
  constructor(
    readonly reason: "prohibited" | "failed" | "lost",
    words: string,
  ) {
    super(words);
  }
}

interface Opening {
  resolve(channel: Duplex): void;
  reject(error: Error): void;
  readonly signal: AbortSignal;
}

/** PROTOCOL.mux of OpenSSH. */
const mux = { hello: 0x00000001, version: 4, proxy: 0x1000000f, proxied: 0x8000000f } as const;
/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, RFC 4254 section 5.1. */
const prohibited = 1;

/**
 * TCP connections that a host makes, carried by the OpenSSH client that is connected to it. They are opened over its
 * control socket in proxy mode (`ssh -O proxy`): nothing listens anywhere, and each failure comes with its reason.
 */
export class SshChannels {
  private readonly frames = new Frames();
  private readonly opening = new Map<number, Opening>();
  private readonly channels = new Map<number, SshChannel>();
  private nextId = 0;
  private greet: ((frame: Buffer) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.unref();
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    // An error is followed by the end, which is what counts.
    socket.on("error", () => undefined);
    socket.once("close", () => this.end());
  }

  /** @param path the control socket, which may be removed once this has resolved */
  static async attach(path: string): Promise<SshChannels> {
    const channels = new SshChannels(connect(path));
    await channels.say(Buffer.concat([uint32(mux.hello), uint32(mux.version)]), [mux.hello, mux.version]);
    await channels.say(Buffer.concat([uint32(mux.proxy), uint32(0)]), [mux.proxied, 0]);
    return channels;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** How many connections are open. */
  get count(): number {
    return this.channels.size;
  }

  /** A connection that the host makes to an address. Rejects with {@link NotConnected}. */
  open(address: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new NotConnected("lost", "the connection was lost"));
      if (signal.aborted) return reject(signal.reason);
      const id = this.nextId++;
      this.opening.set(id, { resolve, reject, signal });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      const kind = [withLength("direct-tcpip"), uint32(id), uint32(ownWindow), uint32(ownPacket)];
      this.send(message.channelOpen, ...kind, withLength(address), uint32(port), withLength("127.0.0.1"), uint32(0));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  /** Says something before the proxy mode begins, and takes the answer. */
  private say(words: Buffer, expected: readonly number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new NotConnected("lost", "the OpenSSH client refused to forward connections"));
      this.socket.once("close", fail);
      this.greet = (frame) => {
        this.greet = undefined;
        this.socket.off("close", fail);
        const fields = new Fields(frame);
        if (frame.length >= 8 && expected.every((value) => fields.uint32() === value)) resolve();
        else fail();
      };
      this.socket.write(withLength(words));
    });
  }

  private read(chunk: Buffer): void {
    try {
      for (const frame of this.frames.add(chunk)) {
        if (this.greet !== undefined) this.greet(frame);
        else this.take(new Fields(frame));
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.socket.destroy();
    }
  }

  private take(fields: Fields): void {
    fields.byte(); // length of the padding: there is none
    const type = fields.byte();
    const id = fields.uint32();
    if (type === message.channelOpenConfirmation) return this.opened(id, fields);
    if (type === message.channelOpenFailure) return this.notOpened(id, fields);
    const channel = this.channels.get(id);
    if (type === message.channelData) channel?.receive(fields.string());
    else if (type === message.channelWindowAdjust) channel?.adjust(fields.uint32());
    else if (type === message.channelEof) channel?.receiveEof();
    else if (type === message.channelClose) {
      this.channels.delete(id);
      channel?.receiveClose();
    }
  }

  private opened(id: number, fields: Fields): void {
    const opening = this.opening.get(id);
    this.opening.delete(id);
    const remote = { id: fields.uint32(), window: fields.uint32(), maxPacket: fields.uint32() };
    const channel = new SshChannel(remote, (type, ...parts) => this.send(type, ...parts));
    this.channels.set(id, channel);
    if (opening === undefined || opening.signal.aborted) channel.destroy();
    else opening.resolve(channel);
  }

  private notOpened(id: number, fields: Fields): void {
    const opening = this.opening.get(id);
    this.opening.delete(id);
    const reason = fields.uint32() === prohibited ? "prohibited" : "failed";
    opening?.reject(new NotConnected(reason, fields.string().toString("latin1")));
  }

  private send(type: number, ...parts: readonly Buffer[]): void {
    if (this.isOpen) this.socket.write(withLength(Buffer.concat([Buffer.from([0, type]), ...parts])));
  }

  private end(): void {
    const lost = new NotConnected("lost", "the connection was lost");
    for (const { reject } of this.opening.values()) reject(lost);
    for (const channel of this.channels.values()) channel.destroy(lost);
    this.opening.clear();
    this.channels.clear();
  }
}
