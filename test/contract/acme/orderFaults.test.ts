import { obtainCertificate } from "../../../sdk/acme/order";
import { parseCertificate } from "../../../sdk/x509/parse";
import type { AcmeRequestKind } from "../../support/acmeRequests";
import { hooksOf, registeredClient, requestFor } from "../../support/acmeOrders";
import type { FaultProxy } from "../../support/faultProxy";
import {
  type Fault,
  firstOf,
  lostAnswer,
  problem,
  rateLimited,
  reset,
  serverError,
  slow,
  truncated,
} from "../../support/faults";
import type { Pebble } from "../../support/pebble";
import { useProxiedPebble } from "../../support/proxiedPebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

const kinds = ["newOrder", "authorization", "challenge", "finalize", "order", "certificate"] as const;
const faults: Readonly<Record<string, Fault>> = {
  "a server error": serverError(),
  "a server error with a problem document": problem(500, "serverInternal", "the database is away"),
  "a reset connection": reset,
  "a lost answer": lostAnswer,
  "a truncated answer": truncated(20),
};

needs("pebble").describe("an order with faults on its way", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  let proxy: FaultProxy;
  useProxiedPebble(servers, (...started) => void ([pebble, proxy] = started), { retryAfter: { authz: 0, order: 0 } });

  const order = async (options: Parameters<typeof registeredClient>[1] = {}) => {
    const client = await registeredClient(proxy, options);
    const hooks = hooksOf(pebble.challtest, "dns-01");
    return { client, hooks, ordered: obtainCertificate(client, await requestFor("f.example.com"), hooks) };
  };

  it("is placed without `replaces` when the server fails whenever a certificate is named", async () => {
    proxy.inject(({ kind, payload }) =>
      kind === "newOrder" && payload?.includes('"replaces"') === true
        ? problem(500, "serverInternal", "could not find an order for the given certificate")
        : undefined,
    );
    const before = await pebble.orders();
    const client = await registeredClient(proxy);
    const replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
    const request = { ...(await requestFor("f.example.com")), replaces };
    const { certificatePem } = await obtainCertificate(client, request, hooksOf(pebble.challtest, "dns-01"));
    expect(parseCertificate(certificatePem, "pem").names.dnsNames).toEqual(["f.example.com"]);
    expect(proxy.counts().newOrder).toBe(4);
    expect((await pebble.orders()) - before).toBe(1);
  });

  describe.each(Object.entries(faults))("%s", (_name, fault) => {
    it.each(kinds)("for %s loses no certificate and orders none twice", async (kind: AcmeRequestKind) => {
      const before = await pebble.orders();
      const spoilt: string[] = [];
      proxy.inject((request) => {
        if (request.kind !== kind || request.nth > 1) return undefined;
        spoilt.push(request.path);
        return fault;
      });
      const { ordered, hooks } = await order();
      const { certificatePem } = await ordered;
      expect(parseCertificate(certificatePem, "pem").names.dnsNames).toEqual(["f.example.com"]);
      expect(spoilt).toHaveLength(1);
      expect(hooks.standing.size).toBe(0);
      expect(await pebble.orders()).toBe(before + 1);
    });
  });

  it("waits as long as a limit says, if the run has the time", async () => {
    const start = Date.now();
    proxy.inject(firstOf("newOrder", 1, rateLimited("2")));
    await (
      await order()
    ).ordered;
    expect(Date.now() - start).toBeGreaterThanOrEqual(2_000);
    expect(proxy.counts().newOrder).toBe(2);
  });

  it("does not wait for a limit that holds for longer than the run, and says until when", async () => {
    proxy.inject(firstOf("newOrder", 1, rateLimited("3600", "too many certificates already issued for example.com")));
    const { ordered } = await order();
    const error = await ordered.catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: expect.stringContaining("too many certificates already issued for example.com (rateLimited)"),
      failureClass: "retryLater",
      retryable: true,
      details: { isIssuersFault: false },
    });
    const { retryAt } = (error as { details: { retryAt: number } }).details;
    expect(Math.abs(retryAt - Date.now() - 3_600_000)).toBeLessThan(10_000);
    expect(proxy.counts().newOrder).toBe(1);
  });

  it("gives up on a server that stays down within its budget, and holds the server at fault", async () => {
    proxy.inject(firstOf("newOrder", 1_000, serverError(503)));
    const start = Date.now();
    const { ordered } = await order({ retryBudgetMs: 1_500 });
    await expect(ordered).rejects.toMatchObject({ failureClass: "retryLater", details: { isIssuersFault: true } });
    expect(Date.now() - start).toBeLessThan(8_000);
    expect(proxy.counts().newOrder).toBeGreaterThan(1);
  });

  it("goes on when the server refuses a challenge that it has already", async () => {
    const refused = { ...problem(400, "malformed", "Cannot update challenge with status valid"), carriedOut: true };
    proxy.inject(firstOf("challenge", 1, refused));
    await (
      await order()
    ).ordered;
    proxy.clear();
    proxy.inject(firstOf("challenge", 1, problem(400, "malformed", "no such thing")));
    await expect((await order()).ordered).rejects.toMatchObject({ failureClass: "fatal" });
  });

  it("says so when the server sends no certificate", async () => {
    proxy.inject(firstOf("certificate", 1, { kind: "answer", status: 200, body: "-----BEGIN CERTIFICATE-----" }));
    await expect((await order()).ordered).rejects.toMatchObject({
      message: expect.stringContaining("sent no readable certificate"),
      failureClass: "retryLater",
    });
  });

  it("is patient with a slow server", async () => {
    proxy.inject(({ nth }) => (nth === 1 ? slow(700) : undefined));
    await expect((await order()).ordered).resolves.toHaveProperty("certificatePem");
  });

  it("finishes many orders while one request in five fails", async () => {
    const before = await pebble.orders();
    const client = await registeredClient(proxy);
    let seen = 0;
    proxy.inject(() => (++seen % 5 === 0 ? Object.values(faults)[(seen / 5) % 5] : undefined));
    const names = Array.from({ length: 12 }, (_, at) => `many${at}.example.com`);
    const all = await Promise.all(
      names.map(async (name) => obtainCertificate(client, await requestFor(name), hooksOf(pebble.challtest, "dns-01"))),
    );
    expect(all.map(({ certificatePem }) => parseCertificate(certificatePem, "pem").names.dnsNames?.[0])).toEqual(names);
    expect(await pebble.orders()).toBe(before + names.length);
  });
});
