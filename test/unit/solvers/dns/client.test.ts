import { exchange, query } from "../../../../sdk/solvers/dns/client";
import { decodeText, encodeMessage, recordTypes } from "../../../../sdk/solvers/dns/message";
import { type DnsServer, records, startDnsServer } from "../../../support/dnsServer";

const name = "_acme-challenge.example.com";
const never = new AbortController().signal;
let server: DnsServer;
afterEach(() => server.close());

const ask = (signal = never) => query(server, name, recordTypes.TXT, { signal });

test("an answer that does not fit into a packet is fetched over TCP", async () => {
  const long = "y".repeat(3000);
  server = await startDnsServer((_, transport) =>
    transport === "udp" ? { isTruncated: true } : { answers: [records.txt(name, long)] },
  );
  const answer = await ask();
  expect(decodeText(answer.answers![0]!.data)).toBe(long);
  expect(server.questions).toEqual([`udp TXT ${name}`, `tcp TXT ${name}`]);
});

test("a lost packet is sent again", async () => {
  server = await startDnsServer(() => (server.questions.length < 2 ? undefined : { answers: [] }));
  await expect(ask()).resolves.toMatchObject({ answers: [] });
});

test("an answer with another identifier is not taken", async () => {
  server = await startDnsServer((question, _, { id }) => {
    const forged = server.questions.length === 1;
    return encodeMessage({ id: forged ? (id + 1) % 65_536 : id, isResponse: true, questions: [question] });
  });
  await expect(ask()).resolves.toMatchObject({ responseCode: 0 });
  expect(server.questions).toHaveLength(2);
});

test("an answer to another question is not taken", async () => {
  server = await startDnsServer((question) =>
    server.questions.length === 1 ? { questions: [{ ...question, name: "other.example.com" }] } : {},
  );
  await expect(ask()).resolves.toMatchObject({ questions: [{ name }] });
});

test("a server that does not know EDNS is asked without", async () => {
  server = await startDnsServer((_, __, { additionals }) => ({ responseCode: additionals!.length > 0 ? 1 : 0 }));
  await expect(ask()).resolves.toMatchObject({ responseCode: 0 });
});

test("a closed port is told at once", async () => {
  server = await startDnsServer(() => ({}));
  const closed = await startDnsServer(() => ({}));
  await closed.close();
  await expect(query(closed, name, recordTypes.TXT, { signal: never })).rejects.toMatchObject({
    kind: "connection",
    message: `127.0.0.1:${closed.port}: ECONNREFUSED.`,
  });
});

test("it can be given up, before and while it waits", async () => {
  server = await startDnsServer(() => undefined);
  await expect(ask(AbortSignal.abort())).rejects.toMatchObject({ kind: "aborted" });
  const abort = new AbortController();
  const waiting = ask(abort.signal);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ kind: "aborted" });
});

test("a server that never answers is asked three times", async () => {
  server = await startDnsServer(() => undefined);
  const message = encodeMessage({ id: 1, questions: [{ name, type: 16, class: 1 }] });
  await expect(exchange(server, message, never)).rejects.toMatchObject({ kind: "timeout" });
  expect(server.questions).toHaveLength(3);
});
