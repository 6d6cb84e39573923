import { type RemoteInfo, type Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { ServerAddress } from "../../sdk/solvers/dns/client";
import {
  type DnsMessage,
  type Question,
  type ResourceRecord,
  classes,
  decodeMessage,
  encodeMessage,
  encodeText,
  recordTypes,
} from "../../sdk/solvers/dns/message";
import { encodeName } from "../../sdk/solvers/dns/name";

export interface DnsServer extends ServerAddress {
  /** `address:port`. */
  readonly text: string;
  /** Questions in the order in which they came, as `udp TXT name`. */
  readonly questions: readonly string[];
  close(): Promise<void>;
}

/** What is answered; undefined: nothing. Bytes are sent as they are. */
export type DnsAnswer = Partial<DnsMessage> | Buffer | undefined;

/** A DNS server on UDP and TCP whose answers the test makes. */
export async function startDnsServer(
  answer: (question: Question, transport: "udp" | "tcp", query: DnsMessage) => DnsAnswer,
): Promise<DnsServer> {
  const questions: string[] = [];
  const respond = (bytes: Buffer, transport: "udp" | "tcp"): Buffer | undefined => {
    const query = decodeMessage(bytes);
    const question = query.questions[0] as Question;
    const type = Object.entries(recordTypes).find(([, number]) => number === question.type)?.[0];
    questions.push(`${transport} ${type ?? question.type} ${question.name}`);
    const made = answer(question, transport, query);
    if (made === undefined || Buffer.isBuffer(made)) return made;
    return encodeMessage({
      id: query.id,
      isResponse: true,
      isAuthoritative: true,
      questions: query.questions,
      ...made,
    });
  };
  const tcp = createServer((socket) => {
    socket.on("error", () => undefined); // the client may end it as it likes
    socket.once("data", (chunk: Buffer) => {
      const bytes = respond(chunk.subarray(2), "tcp");
      if (bytes === undefined) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      // In two parts: a message need not arrive in one.
      socket.write(Buffer.concat([length, bytes.subarray(0, 5)]));
      setImmediate(() => socket.end(bytes.subarray(5)));
    });
  }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const udp: Socket = createSocket("udp4");
  udp.on("message", (bytes: Buffer, from: RemoteInfo) => {
    const made = respond(bytes, "udp");
    if (made !== undefined) udp.send(made, from.port, from.address);
  });
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  return {
    address: "127.0.0.1",
    port,
    text: `127.0.0.1:${port}`,
    questions,
    close: async () => {
      udp.close();
      tcp.close();
      await once(tcp, "close");
    },
  };
}

const base = (name: string, type: number): Question & { ttl: number } => ({ name, type, class: classes.IN, ttl: 60 });

export const records = {
  txt: (name: string, text: string): ResourceRecord => ({ ...base(name, recordTypes.TXT), data: encodeText(text) }),
  cname: (name: string, to: string): ResourceRecord => ({ ...base(name, recordTypes.CNAME), data: encodeName(to) }),
  ns: (zone: string, server: string): ResourceRecord => ({ ...base(zone, recordTypes.NS), data: encodeName(server) }),
  a: (name: string, address: string): ResourceRecord => ({
    ...base(name, recordTypes.A),
    data: Buffer.from(address.split(".").map(Number)),
  }),
  soa: (zone: string): ResourceRecord => ({
    ...base(zone, recordTypes.SOA),
    data: Buffer.concat([encodeName(`ns.${zone}`), encodeName(`admin.${zone}`), Buffer.alloc(20)]),
  }),
};
