import { type Socket, createSocket } from "node:dgram";

/** An authoritative DNS server on this machine for the zones of a stand-in. */
export interface ZoneServer {
  /** `address:port`, for `resolvers` and `nameServers`. */
  readonly address: string;
  /** How many TXT queries came for a name. */
  queries(name: string): number;
  close(): Promise<void>;
}

const txt = 16;
const soa = 6;
const ns = 2;

/**
 * Answers TXT from `values`, SOA and NS for the zones, and says NXDOMAIN where there is nothing (RFC 1035, 4). Written
 * for the tests alone, so that the client's own reader and writer of messages meet another one.
 */
export async function startZoneServer(
  zones: readonly string[],
  values: (name: string) => readonly string[],
  /** Queries for a name that find nothing yet: the service's servers lag behind its API. */
  lag = 0,
): Promise<ZoneServer> {
  const counts = new Map<string, number>();
  const socket: Socket = createSocket("udp4");
  socket.on("message", (message, sender) => {
    const { name, end } = questionOf(message);
    const type = message.readUInt16BE(end);
    const answers: Buffer[] = [];
    const zone = zones.find((one) => name === one || name.endsWith(`.${one}`));
    if (type === txt) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count > lag) answers.push(...values(name).map((value) => record(pointer, txt, strings(value))));
    } else if (zone !== undefined && name === zone && type === soa) answers.push(record(pointer, soa, soaData(zone)));
    else if (zone !== undefined && name === zone && type === ns)
      answers.push(record(pointer, ns, encode(`ns.${zone}`)));
    const authority = answers.length === 0 && zone !== undefined ? [record(encode(zone), soa, soaData(zone))] : [];
    const code = zone === undefined ? 5 : answers.length === 0 && name !== zone ? 3 : 0;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(message.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8400 | (message.readUInt16BE(2) & 0x0100) | code, 2);
    [1, answers.length, authority.length, 0].forEach((count, index) => header.writeUInt16BE(count, 4 + 2 * index));
    socket.send(
      Buffer.concat([header, message.subarray(12, end + 4), ...answers, ...authority]),
      sender.port,
      sender.address,
    );
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.bind(0, "127.0.0.1", resolve);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    queries: (name) => counts.get(name) ?? 0,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The name of the question, which is written in full. */
const pointer = Buffer.from([0xc0, 12]);

function questionOf(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

function encode(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1"));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function record(name: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, fixed, data]);
}

function strings(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
}

function soaData(zone: string): Buffer {
  const numbers = Buffer.alloc(20);
  [1, 3600, 600, 86_400, 60].forEach((number, index) => numbers.writeUInt32BE(number, 4 * index));
  return Buffer.concat([encode(`ns.${zone}`), encode(`hostmaster.${zone}`), numbers]);
}
