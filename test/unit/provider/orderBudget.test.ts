import { setMaxListeners } from "node:events";
import { AcmeError } from "../../../sdk/acme/problem";
import { day, formatInstant } from "../../../sdk/duration";
import type { ForeseenOrders } from "../../../sdk/lifecycle/foreseenOrders";
import type { KnownCertificate } from "../../../sdk/provider/knownCertificates";
import { OrderBudget } from "../../../sdk/provider/orderBudget";
import { noteActivity } from "../../../sdk/provider/runActivity";
import { issueTestCertificate } from "../../support/testCertificates";

const now = Date.UTC(2027, 0, 10);
const directoryUrl = "https://ca.test/directory";
const accountUrl = "https://ca.test/account/1";
const { signal } = new AbortController();
setMaxListeners(0, signal);

interface Told {
  /** How long ago it was issued. */
  readonly age?: number;
  readonly end?: number;
  readonly reason?: KnownCertificate["reason"];
  readonly dnsNames?: string[];
  readonly before?: string[];
  readonly more?: object;
}

/** One that exists, unless it has no age. */
async function certificate(name: string, told: Told = {}): Promise<KnownCertificate> {
  const { age, end = 10 * day, reason, dnsNames = [`${name}.example.com`], before = dnsNames, more } = told;
  const news = { name: `shop/prod/${name}`, dnsNames, issuer: { kind: "acme", directory: directoryUrl } };
  const issued = age === undefined ? undefined : await pemOf(before, now - age, now + end);
  const outs = issued && {
    ...{ certificatePem: issued, notAfter: formatInstant(now + end), renewal: { reason: "DoesNotExist" } },
    ...{ issuedBy: { directoryUrl, accountUrl }, ...more },
  };
  return { news, outs, reason } as unknown as KnownCertificate;
}

async function pemOf(dnsNames: string[], from: number, to: number): Promise<string> {
  const made = await issueTestCertificate(undefined, { dnsNames, notBefore: new Date(from), notAfter: new Date(to) });
  return made.certificatePem;
}

const nothing = async (): Promise<ForeseenOrders> => ({});
const quiet = { pause: 30, most: 10_000 };
const threeAWeek = { rateLimits: { domain: { count: 3, per: "7d" } } };

/** A run that knows of these, and what each of those that ask is told: "goes", or until when it waits. */
function run(known: readonly KnownCertificate[], limits: object = threeAWeek, pause = quiet, foreseen = nothing) {
  const budget = new OrderBudget({ quiet: pause, foreseen, known: new Map(known.map((one) => [one.news.name, one])) });
  const issuerCredentials = JSON.stringify({ directoryUrl, accountUrl, accountKeyPem: "key", ...limits });
  return async (one: KnownCertificate): Promise<string> => {
    try {
      await budget.claim({ certificate: one, issuerCredentials, now, signal });
      return "goes";
    } catch (error) {
      if (!(error instanceof AcmeError) || error.failureClass !== "retryLater") throw error;
      return formatInstant(error.details.retryAt ?? 0);
    }
  };
}

test("the certificates with the least life left go, whoever asks first, and the others are told the day", async () => {
  const all = await Promise.all(
    [9, 1, 5, 3, 7].map((days) => certificate(`in${days}`, { age: 80 * day, end: days * day, reason: "Renewing" })),
  );
  const told = await Promise.all(all.map(run(all)));
  const third = (7 * day) / 3;
  expect(told).toEqual([formatInstant(now + 2 * third), "goes", "goes", "goes", formatInstant(now + third)]);
});

test("the message names the limit and the day", async () => {
  const all = await Promise.all(["a", "b"].map((name) => certificate(name, { reason: "DoesNotExist" })));
  const budget = new OrderBudget({ quiet, foreseen: nothing, known: new Map(all.map((one) => [one.news.name, one])) });
  const issuerCredentials = JSON.stringify({
    ...{ directoryUrl, accountUrl, accountKeyPem: "key" },
    rateLimits: { orders: { count: 4, per: "2d" } },
    rateBudget: { share: 0.25 },
  });
  const [a, b] = all.map((one) => budget.claim({ certificate: one, issuerCredentials, now, signal }));
  await a;
  await expect(b).rejects.toThrow(
    "The limit of ca.test for the account, 1 in 2d, lets the order through on 2027-01-12.",
  );
});

test("what the stack ordered in the time of the limit counts, and what is older or from another CA does not", async () => {
  const asks = await certificate("new", { reason: "DoesNotExist" });
  const young = await Promise.all(["a", "b", "c"].map((name) => certificate(name, { age: 0 })));
  const elsewhere = { issuedBy: { directoryUrl: "https://other.test/directory", accountUrl } };
  const old = await certificate("c", { age: 8 * day });
  const other = await certificate("c", { age: 0, more: elsewhere });
  expect(await run([...young, asks])(asks)).toBe(formatInstant(now + (7 * day) / 3));
  expect(await run([...young.slice(1), old, asks])(asks)).toBe("goes");
  expect(await run([...young.slice(1), other, asks])(asks)).toBe("goes");
});

test("one that nobody knew of, as for a fallback issuer, is counted when it asks", async () => {
  const asks = await Promise.all(["a", "b", "c", "d"].map((name) => certificate(name, { reason: "DoesNotExist" })));
  const told: string[] = [];
  const claim = run([]);
  for (const one of asks) told.push(await claim(one));
  expect(told).toEqual(["goes", "goes", "goes", formatInstant(now + (7 * day) / 3)]);
});

test("a renewal inside the window that the CA named is not counted; with other names it is none", async () => {
  const full = await Promise.all(["a", "b", "c"].map((name) => certificate(name, { age: 0 })));
  const suggestedRenewal = { start: formatInstant(now - day), end: formatInstant(now + day) };
  const told: Told = { age: 80 * day, reason: "Renewing", more: { suggestedRenewal } };
  const suggested = await certificate("web", told);
  const changed = await certificate("web", { ...told, before: ["old.example.com"] });
  expect(await run([...full, suggested])(suggested)).toBe("goes");
  expect(await run([...full, changed])(changed)).not.toBe("goes");
});

test("what the preview has found counts before the engine comes to it", async () => {
  const told: Told = { age: 80 * day, reason: "Renewing" };
  const calm = await certificate("calm", { ...told, end: 9 * day });
  const done = await certificate("done", { age: 80 * day });
  const urgent = ["u", "v", "done"].map((resource) => ({
    resource,
    names: [`${resource}.example.com`],
    kind: "renewal" as const,
    notAfter: now + day,
  }));
  const oneLeft = { rateLimits: { domain: { count: 2, per: "7d" } } };
  const foreseen = async (): Promise<ForeseenOrders> => ({
    [directoryUrl]: { planned: urgent, past: [] },
  });
  expect(await run([calm], oneLeft, quiet, foreseen)(calm)).not.toBe("goes");
  // It has come to one of them, and that is not due any more.
  const three = { rateLimits: { domain: { count: 3, per: "7d" } } };
  expect(await run([calm], three, quiet, foreseen)(calm)).not.toBe("goes");
  expect(await run([calm, done], three, quiet, foreseen)(calm)).toBe("goes");
  const past = [{ resource: "w", names: ["w.example.com"], kind: "new" as const, at: now }];
  const before = async (): Promise<ForeseenOrders> => ({ [directoryUrl]: { planned: urgent, past } });
  expect(await run([calm, done], three, quiet, before)(calm)).not.toBe("goes");
});

describe("before a decision about a limit that is close", () => {
  test("the rest of the run's certificates is waited for", async () => {
    const urgent = await certificate("urgent", { age: 80 * day, end: day, reason: "Renewing" });
    const calm = await certificate("calm", { age: 80 * day, end: 9 * day, reason: "Renewing" });
    const known = new Map([[calm.news.name, calm]]);
    const budget = new OrderBudget({ quiet, known, foreseen: nothing });
    const credentials = { directoryUrl, accountUrl, accountKeyPem: "key" };
    const issuerCredentials = JSON.stringify({ ...credentials, rateLimits: { domain: { count: 1, per: "7d" } } });
    const first = budget.claim({ certificate: calm, issuerCredentials, now, signal });
    for (let checks = 0; checks < 10; checks++) {
      noteActivity();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    known.set(urgent.news.name, urgent);
    await expect(first).rejects.toThrow("lets the order through on");
    await budget.claim({ certificate: urgent, issuerCredentials, now, signal });
  });

  test("no longer than is said, however long the engine asks", async () => {
    const asks = await certificate("a", { reason: "DoesNotExist" });
    const asking = setInterval(noteActivity, 5);
    expect(await run([asks], threeAWeek, { pause: 100, most: 300 })(asks)).toBe("goes");
    clearInterval(asking);
  });

  test("a run that has ended is not waited for", async () => {
    const asks = await certificate("a", { reason: "DoesNotExist" });
    const budget = new OrderBudget({ quiet: { pause: 60_000, most: 60_000 }, known: new Map(), foreseen: nothing });
    const issuerCredentials = JSON.stringify({ directoryUrl, accountUrl, accountKeyPem: "key", ...threeAWeek });
    const ended = AbortSignal.abort(new Error("gone"));
    const claim = budget.claim({ certificate: asks, issuerCredentials, now, signal: ended });
    await expect(claim).rejects.toThrow("The run ended");
  });
});

test("where no limit is near, nothing is waited for", async () => {
  const forever = { pause: 3_600_000, most: 3_600_000 };
  const asks = await certificate("a", { reason: "DoesNotExist" });
  for (const rateLimits of [{}, { domain: { count: 300, per: "3h" } }, { names: { count: 5, per: "7d" } }])
    expect(await run([asks], { rateLimits }, forever)(asks)).toBe("goes");
});

test("a thousand certificates of one run are decided in a moment", async () => {
  const one = await certificate("one", { age: 80 * day, reason: "Renewing" });
  const all = Array.from({ length: 1_000 }, (_, each) => ({
    ...one,
    news: { ...one.news, name: `shop/prod/c${each}`, dnsNames: [`c${each}.example.com`] },
  }));
  const claim = run(all, { rateLimits: { domain: { count: 800, per: "7d" } } });
  const began = performance.now();
  const told = await Promise.all(all.map(claim));
  expect(told.filter((each) => each === "goes")).toHaveLength(800);
  expect(performance.now() - began).toBeLessThan(10_000);
});
