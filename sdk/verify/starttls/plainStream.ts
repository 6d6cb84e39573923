import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ProbeError } from "../probeFailure";

const longestLine = 4096;
const mostBytes = 65_536;

/** The clear-text part of a connection, before TLS: reads exactly what was asked for and knows what is left over. */
export class PlainStream {
  private received = Buffer.alloc(0);
  private total = 0;

  /** The socket is left paused. Whoever holds it enforces the timeout by destroying it. */
  constructor(private readonly socket: Duplex) {}

  /** The address literal by which this side may introduce itself, RFC 5321 section 4.1.3. */
  get localAddressLiteral(): string {
    const address = (this.socket as Partial<Socket>).localAddress ?? "127.0.0.1";
    return address.includes(":") ? `[IPv6:${address}]` : `[${address}]`;
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  async readBytes(count: number): Promise<Buffer> {
    while (this.received.length < count) await this.receive();
    return this.take(count);
  }

  /** One line without its CRLF. */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.received.indexOf("\n");
      if (end >= 0)
        return this.take(end + 1)
          .toString("latin1")
          .replace(/\r?\n$/, "");
      if (this.received.length > longestLine) {
        throw new ProbeError("startTlsRefused", `the server sent a line of more than ${String(longestLine)} bytes`);
      }
      await this.receive();
    }
  }

  /**
   * The last step before TLS: nothing may be left over. Whatever stands here was sent in clear text, by anyone on the
   * path, and must not be taken for something said inside TLS (CVE-2011-0411, CVE-2021-23222).
   */
  assertNothingLeft(): void {
    const rest = this.socket.read() as Buffer | null;
    const left = this.received.length + (rest?.length ?? 0);
    if (left > 0) {
      throw new ProbeError(
        "startTlsInjection",
        `${String(left)} bytes arrived in clear text after the server agreed to start TLS; someone on the path may have injected them`,
      );
    }
  }

  private take(count: number): Buffer {
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  private async receive(): Promise<void> {
    const chunk = this.socket.read() as Buffer | null;
    if (chunk === null) return this.nextReadable();
    this.total += chunk.length;
    if (this.total > mostBytes) {
      throw new ProbeError("startTlsRefused", `the server sent more than ${String(mostBytes)} bytes before TLS`);
    }
    this.received = Buffer.concat([this.received, chunk]);
  }

  private nextReadable(): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || socket.readableEnded) return Promise.reject(closedEarly());
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd).off("error", finish);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onReadable = (): void => finish();
      const onEnd = (): void => finish(closedEarly());
      socket.on("readable", onReadable).on("end", onEnd).on("close", onEnd).on("error", finish);
    });
  }
}

function closedEarly(): ProbeError {
  return new ProbeError("closed", "the server closed the connection before TLS was started");
}
