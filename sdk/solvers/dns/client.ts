import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { type DnsMessage, classes, decodeMessage, encodeMessage, recordTypes, tryDecodeMessage } from "./message";
import { onAbort } from "./onAbort";

/** Where a DNS server listens. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** No answer, or none that can be read. */
export class DnsFailure extends Error {
  constructor(
    readonly kind: "timeout" | "connection" | "malformed" | "aborted",
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "DnsFailure";
  }
}

export function formatServer({ address, port }: ServerAddress): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Milliseconds that are waited after each packet. */
const udpTimeouts = [1_000, 2_000, 3_000];
const tcpTimeout = 5_000;
/** What fits into a packet on any path (RFC 9715). */
const udpSize = 1232;
/** Says how large an answer over UDP may be (RFC 6891). */
const optRecord = { name: "", type: recordTypes.OPT, class: udpSize, ttl: 0, data: Buffer.alloc(0) };

/** Asks one server for the records of one name and type. */
export async function query(
  server: ServerAddress,
  name: string,
  type: number,
  options: { readonly signal: AbortSignal; readonly recursionDesired?: boolean },
): Promise<DnsMessage> {
  const bytes = encodeMessage({
    id: randomInt(0x10000),
    recursionDesired: options.recursionDesired ?? false,
    questions: [{ name, type, class: classes.IN }],
    additionals: [optRecord],
  });
  const answer = decodeMessage(await exchange(server, bytes, options.signal));
  // A server that does not know EDNS is asked without it (RFC 6891, 7).
  if (answer.responseCode !== 1 && answer.responseCode !== 4) return answer;
  const plain = { ...decodeMessage(bytes), id: randomInt(0x10000), additionals: [] };
  return decodeMessage(await exchange(server, encodeMessage(plain), options.signal));
}

/** Sends a message over UDP, repeated when there is no answer, and over TCP when the answer does not fit. */
export async function exchange(
  server: ServerAddress,
  message: Buffer,
  signal: AbortSignal,
  [timeout = 0, ...later]: readonly number[] = udpTimeouts,
): Promise<Buffer> {
  const answer = await overUdp(server, message, timeout, signal).catch((error: unknown) => {
    if (!(error instanceof DnsFailure && error.kind === "timeout") || later.length === 0) throw error;
    return undefined;
  });
  if (answer === undefined) return exchange(server, message, signal, later);
  return decodeMessage(answer).isTruncated === true ? overTcp(server, message, signal) : answer;
}

function overUdp(server: ServerAddress, message: Buffer, timeout: number, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
  return answered(server, timeout, signal, {
    start(resolve, reject) {
      socket.on("error", reject);
      socket.on("message", (bytes) => {
        // Whatever does not answer this message is late or forged: the wait goes on.
        if (isAnswer(bytes, message)) resolve(bytes);
      });
      // Connected, the socket only takes packets of this server, and learns that its port is closed.
      socket.connect(server.port, server.address, () => socket.send(message));
    },
    end: () => socket.close(),
  });
}

/** Over TCP each message follows its length (RFC 1035, 4.2.2). */
export function overTcp(server: ServerAddress, message: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({ host: server.address, port: server.port });
  return answered(server, tcpTimeout, signal, {
    start(resolve, reject) {
      let received = Buffer.alloc(0);
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("closed the connection without an answer")));
      socket.on("data", (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const bytes = received.subarray(2, 2 + received.readUInt16BE(0));
        if (isAnswer(bytes, message)) resolve(bytes);
        else reject(new DnsFailure("malformed", `${formatServer(server)} answered something else.`));
      });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    },
    end: () => socket.destroy(),
  });
}

/** Same identifier, marked as a response, well-formed, and about the same question. */
function isAnswer(bytes: Buffer, message: Buffer): boolean {
  const [answer, asked] = [tryDecodeMessage(bytes), decodeMessage(message).questions[0]];
  if (answer === undefined || answer.isResponse !== true || answer.id !== message.readUInt16BE(0)) return false;
  // A refusal may come without the question.
  const question = answer.questions[0];
  return question === undefined || (question.name === asked?.name && question.type === asked.type);
}

interface Exchange {
  start(resolve: (bytes: Buffer) => void, reject: (error: unknown) => void): void;
  end(): void;
}

function answered(server: ServerAddress, timeout: number, signal: AbortSignal, exchange: Exchange): Promise<Buffer> {
  const name = formatServer(server);
  return new Promise((resolve, reject) => {
    let isSettled = false;
    let stopListening = (): void => undefined;
    const settle = (deliver: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      stopListening();
      exchange.end();
      deliver();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        reject(
          error instanceof DnsFailure ? error : new DnsFailure("connection", `${name}: ${reasonOf(error)}.`, error),
        );
      });
    const timer = setTimeout(
      () => fail(new DnsFailure("timeout", `${name} did not answer within ${timeout / 1_000} s.`)),
      timeout,
    );
    exchange.start((bytes) => settle(() => resolve(bytes)), fail);
    stopListening = onAbort(signal, (reason) =>
      fail(new DnsFailure("aborted", `The query to ${name} was given up.`, reason)),
    );
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
