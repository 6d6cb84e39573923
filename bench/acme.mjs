// Certificates from Pebble, whose validation is real: requests, time and memory, beside acme-client's `auto` and lego.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec, step } from "../tools/exec.mjs";
import { ensureLego } from "../tools/lego.mjs";
import { ToolMissing } from "../tools/provideOnce.mjs";
import { countRequests, registerAccount, startPebble, startProxy } from "./acme/pebble.mjs";
import { median, row } from "./measure.mjs";

const names = { ours: "our provider", acmeClient: "acme-client's auto", lego: "lego command line" };
const atOnce = 20;
/** Seconds that Pebble asks clients to wait before the next question: as in the tests, and as it is shipped. */
const waits = { short: { authz: 1, order: 1 }, shipped: { authz: 3, order: 5 } };

export async function measureAcme(rounds) {
  const lego = await legoOrReason();
  const clients = ["ours", "acmeClient", ...(lego.reason === undefined ? ["lego"] : [])];
  const what = `100 certificates from Pebble, ${atOnce} at once`;
  const short = await withPebble(waits.short, (pebble) => timesOf(pebble, clients, rounds));
  const shipped = await withPebble(waits.shipped, (pebble) => timesOf(pebble, clients, 1));
  return [
    await withPebble(waits.short, requestsRow),
    ...timeRows(what, short, "≤ 0.6"),
    ...timeRows(`${what}, told to wait 3 s and 5 s`, shipped, ""),
    ...(lego.reason === undefined ? [] : [{ what, value: "", beside: lego.reason, ratio: "", limit: "" }]),
    await withPebble(waits.short, memoryRow),
  ];
}

async function legoOrReason() {
  try {
    return await ensureLego();
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    process.stderr.write(`${error.message}\n`);
    return { reason: "lego command line: not measured, it could not be fetched" };
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

/** Has one client order certificates, in a process of its own; what it prints. */
async function run(client, server, count, flags = []) {
  const state = mkdtempSync(join(tmpdir(), "certificates-state-"));
  const { directoryUrl, caBundlePem, httpPort } = server;
  const prefix = `${client.toLowerCase()}-${Math.random().toString(36).slice(2, 8)}`;
  const place = { directoryUrl, caBundlePem, httpPort, prefix, ...(await registerAccount(server)) };
  const script = fileURLToPath(new URL(`./acme/${client}.mjs`, import.meta.url));
  const args = [...flags, script, JSON.stringify({ ...place, count, limit: Math.min(atOnce, count) })];
  try {
    const env = { PULUMI_CERTIFICATES_STATE_DIR: state };
    return JSON.parse(
      await step(`${count} by ${names[client] ?? client}`, () => exec(process.execPath, args, { env })),
    );
  } finally {
    rmSync(state, { recursive: true });
  }
}

/** Of a certificate that is ordered alone, by a process that has no nonce yet: it needs the most. */
async function requestsRow(pebble) {
  const proxy = await startProxy(pebble);
  try {
    const counts = {};
    for (const client of ["ours", "acmeClient"]) {
      const before = proxy.requests.length;
      await run(client, proxy, 1);
      counts[client] = countRequests(proxy.requests.slice(before)) - nonceOfAccount;
    }
    const what = "HTTP requests for a certificate with one name";
    return { ...row(what, counts.ours, names.acmeClient, counts.acmeClient, ""), limit: "≤ 8 requests" };
  } finally {
    await proxy.stop();
  }
}

/** The account was made beforehand, with a nonce. */
const nonceOfAccount = 1;

/** Seconds of each client, in turn. */
async function timesOf(pebble, clients, rounds) {
  const times = Object.fromEntries(clients.map((client) => [client, []]));
  for (let round = 0; round < rounds; round++)
    for (const client of clients) times[client].push((await run(client, pebble, 100)).seconds);
  return times;
}

/** Ratios are those of each round: what slows the machine down for a while slows down both sides. */
function timeRows(what, { ours, ...others }, goal) {
  return Object.entries(others).map(([client, theirs]) => ({
    ...row(what, median(ours), names[client], median(theirs), "s", client === "acmeClient" ? goal : ""),
    ratio: median(ours.map((seconds, round) => seconds / theirs[round])).toFixed(2),
  }));
}

/** What the provider still holds while certificates are renewed, at the end beside the beginning. */
async function memoryRow(pebble) {
  const samples = await run("memory", pebble, 200, ["--expose-gc"]);
  const quarter = samples.length / 4;
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)].map((some) => ({
    heap: median(some.map(({ heap }) => heap)),
    rss: median(some.map(({ rss }) => rss)),
  }));
  const shown = ({ heap, rss }) => `${(heap / 2 ** 20).toFixed(1)} MiB of heap, ${Math.round(rss / 2 ** 20)} of RSS`;
  return {
    what: `200 due certificates, ${atOnce} at once: memory in the last quarter`,
    value: shown(last),
    beside: `in the first: ${shown(first)}`,
    ratio: `${(last.heap / first.heap).toFixed(2)}, ${(last.rss / first.rss).toFixed(2)}`,
    limit: "flat",
  };
}
