// Certificates from Pebble, whose validation is real: requests, time and memory, beside acme-client's `auto` and lego.
import { ensureLego } from "../tools/lego.mjs";
import { ToolMissing } from "../tools/provideOnce.mjs";
import { atOnce, clients, run } from "./acme/clients.mjs";
import { countRequests, startPebble, startProxy } from "./acme/pebble.mjs";
import { memoryOfRenewals } from "./acme/renewals.mjs";
import { median, row } from "./measure.mjs";

const { ours, auto, eagerAuto, lego } = clients;
/** Seconds that Pebble asks clients to wait before the next question: not at all, as in the tests, as it is shipped. */
const waits = { none: { authz: 0, order: 0 }, short: { authz: 1, order: 1 }, shipped: { authz: 3, order: 5 } };

export async function measureAcme(rounds) {
  const missing = await reasonWithoutLego();
  const goal = { client: auto, limit: "≤ 0.6" };
  const what = `100 certificates from Pebble, ${atOnce} at once`;
  const besides = missing === undefined ? [auto, lego] : [auto];
  return [
    await withPebble(waits.short, requestsRow),
    ...(await withPebble(waits.short, (pebble) =>
      timeRows(`${what}; told to wait 1 s`, pebble, besides, rounds, goal),
    )),
    ...(missing === undefined ? [] : [{ what, value: "", beside: missing, ratio: "", limit: "" }]),
    ...(await withPebble(waits.none, (pebble) => timeRows(`${what}; not told to wait`, pebble, [eagerAuto], rounds))),
    ...(await withPebble(waits.shipped, (pebble) => timeRows(`${what}; told to wait 5 s`, pebble, [auto], 1))),
    await withPebble(waits.short, memoryRow),
  ];
}

async function reasonWithoutLego() {
  try {
    await ensureLego();
    return undefined;
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    process.stderr.write(`${error.message}\n`);
    return `${lego.name}: not measured, it could not be fetched`;
  }
}

async function withPebble(retryAfter, work) {
  const pebble = await startPebble({ retryAfter });
  try {
    return await work(pebble);
  } finally {
    await pebble.stop();
  }
}

/** The account was made beforehand, with a nonce. */
const nonceOfAccount = 1;

/** Of a certificate that is ordered alone, by a process that has no nonce yet: it needs the most. */
async function requestsRow(pebble) {
  const proxy = await startProxy(pebble);
  const requestsOf = async (client) => {
    const before = proxy.requests.length;
    await run(client, proxy, 1);
    return countRequests(proxy.requests.slice(before)) - nonceOfAccount;
  };
  try {
    const what = "HTTP requests for a certificate with one name";
    return row(what, await requestsOf(ours), auto.name, await requestsOf(auto), "", "≤ 8 requests");
  } finally {
    await proxy.stop();
  }
}

/** In turn. Ratios are those of each round: what slows the machine down for a while slows down both sides. */
async function timeRows(what, pebble, besides, rounds, goal) {
  const times = new Map([ours, ...besides].map((client) => [client, []]));
  for (let round = 0; round < rounds; round++)
    for (const [client, seconds] of times) seconds.push((await run(client, pebble, 100)).seconds);
  const own = times.get(ours);
  return besides.map((client) => {
    const theirs = times.get(client);
    const limit = client === goal?.client ? goal.limit : "";
    const ratio = median(own.map((seconds, round) => seconds / theirs[round])).toFixed(2);
    return { ...row(what, median(own), client.name, median(theirs), "s", limit), ratio };
  });
}

/** What the provider's process holds while certificates are renewed, at the end beside the beginning. */
async function memoryRow(pebble, count = 200) {
  const samples = await memoryOfRenewals(pebble, count, atOnce);
  const between = (from, to) => {
    const some = samples.filter(({ renewed }) => renewed > from * count && renewed <= to * count);
    if (some.length === 0) throw new Error("the run was over before the memory was looked at");
    return { heap: median(some.map(({ heap }) => heap)), rss: median(some.map(({ rss }) => rss)) };
  };
  const [first, last] = [between(0, 0.25), between(0.75, 1)];
  const shown = ({ heap, rss }) => `heap ${(heap / 2 ** 20).toFixed(1)} MiB, RSS ${Math.round(rss / 2 ** 20)} MiB`;
  return {
    what: `${count} due certificates in one up, ${atOnce} at once: memory in the last quarter`,
    value: shown(last),
    beside: `in the first: ${shown(first)}`,
    ratio: `${(last.heap / first.heap).toFixed(2)}, ${(last.rss / first.rss).toFixed(2)}`,
    limit: "flat",
  };
}
