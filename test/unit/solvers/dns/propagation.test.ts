import { parseDnsArgs } from "../../../../sdk/solvers/dns/options";
import { waitForTxt } from "../../../../sdk/solvers/dns/propagation";
import { type DnsServer, records, startDnsServer } from "../../../support/dnsServer";

const name = "_acme-challenge.example.com";
const servers: DnsServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

/** A server of the zone that returns these values from its nth TXT query on. */
async function server(values: readonly string[], from = 1, code = 0): Promise<DnsServer> {
  let asked = 0;
  const started = await startDnsServer(({ type }) => {
    if (type !== 16) return { authorities: [records.soa("example.com")], responseCode: 3 };
    const answers = ++asked >= from ? values.map((value) => records.txt(name, value)) : [];
    return { answers, responseCode: code !== 0 ? code : answers.length > 0 ? 0 : 3 };
  });
  servers.push(started);
  return started;
}

function wait(value: string, given: Record<string, unknown>, signal = new AbortController().signal) {
  const lines: string[] = [];
  const done = waitForTxt(name, value, parseDnsArgs(given, "dns01"), {
    signal,
    report: (line) => void lines.push(line),
  });
  return { done, lines };
}

const txtQueries = ({ questions }: DnsServer): number => questions.filter((line) => line.includes("TXT")).length;

test("it waits for the last server and tells how many have the value", async () => {
  const [fast, slow] = [await server(["other", "mine"]), await server(["mine"], 3)];
  const { done, lines } = wait("mine", { resolvers: [fast.text], nameServers: [fast.text, slow.text] });
  await done;
  expect(lines).toEqual([`${name}: 1 of 3 name servers have it`, `${name}: 3 of 3 name servers have it`]);
  expect(txtQueries(slow)).toBe(3);
});

test("a resolver is not asked before the authoritative servers have it: it would remember that there is nothing", async () => {
  const slow = await server(["mine"], 3);
  const resolver = await server(["mine"]);
  await wait("mine", { resolvers: [resolver.text], nameServers: [slow.text] }).done;
  expect(txtQueries(resolver)).toBe(1);
});

test("the failure says which server returned what", async () => {
  const all = [await server(["mine"]), await server(["old"]), await server([]), await server([], 1, 5)];
  const { done } = wait("mine", {
    resolvers: [all[0]!.text],
    nameServers: all.map(({ text }) => text),
    propagationTimeout: "1s",
  });
  const [has, old, none, refuses] = all.map(({ text }) => text);
  await expect(done).rejects.toMatchObject({ failureClass: "retryLater", code: "IssuanceFailed" });
  await expect(done).rejects.toThrow(
    `The TXT record of ${name} was not on all name servers within 1 s: 1 of 5 have it. ` +
      `${has}: has it; ${old}: other values: "old"; ${none}: NXDOMAIN; ${refuses}: REFUSED; resolver ${has}: no answer yet.`,
  );
});

test("a server that cannot be reached is named", async () => {
  const up = await server(["mine"]);
  const down = await startDnsServer(() => undefined);
  await down.close();
  const { done } = wait("mine", { resolvers: [up.text], nameServers: [down.text], propagationTimeout: "1s" });
  await expect(done).rejects.toThrow(`${down.text}: ${down.text}: ECONNREFUSED.`);
});

test("the end of the run ends the wait", async () => {
  const none = await server([]);
  const abort = new AbortController();
  const { done, lines } = wait("mine", { resolvers: [none.text], nameServers: [none.text] }, abort.signal);
  const ended = expect(done).rejects.toThrow("no time left");
  abort.abort(new Error("no time left"));
  await ended;
  expect(lines).toEqual([]);
});

test("checkPropagation: false asks nobody", async () => {
  const none = await server([]);
  await wait("mine", { resolvers: [none.text], nameServers: [none.text], checkPropagation: false }).done;
  expect(none.questions).toEqual([]);
});
