import { orderByAcmeClient } from "../../support/acmeClientOrder";
import type { FaultProxy } from "../../support/faultProxy";
import { firstOf, lostAnswer, problem, rateLimited, reset, serverError, slow, truncated } from "../../support/faults";
import type { Pebble } from "../../support/pebble";
import { plainRequest } from "../../support/plainRequest";
import { useProxiedPebble } from "../../support/proxiedPebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

needs("pebble").describe("a fault proxy", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  let proxy: FaultProxy;

  useProxiedPebble(servers, (...started) => void ([pebble, proxy] = started));

  const order = (dnsName: string) => orderByAcmeClient(pebble, { directoryUrl: proxy.directoryUrl, dnsName });
  const directory = () => plainRequest(proxy.directoryUrl, proxy);

  it("keeps the client, whose signatures Pebble accepts, and sees what Pebble sees", async () => {
    const before = await pebble.orders();
    expect(await order("web.example.com")).toContain("BEGIN CERTIFICATE");
    expect(proxy.counts()).toMatchObject({ directory: 1, newAccount: 1, newOrder: 1, finalize: 1, certificate: 1 });
    expect(proxy.counts()).not.toHaveProperty("other");
    expect(await pebble.orders()).toBe(before + 1);
    const asked = proxy.requests.find(({ kind }) => kind === "newOrder");
    expect(JSON.parse(asked?.payload ?? "")).toMatchObject({ identifiers: [{ value: "web.example.com" }] });
  });

  it("answers with problems, Retry-After and server errors in Pebble's place, as often as told", async () => {
    proxy.inject(firstOf("newOrder", 100, problem(403, "unauthorized", "this account may not")));
    await expect(order("a.example.com")).rejects.toThrow("this account may not");

    proxy.inject(firstOf("directory", 1, rateLimited("7")));
    proxy.clear();
    expect(await directory()).toMatchObject({ status: 429, headers: { "retry-after": "7" } });
    expect(await directory()).toMatchObject({ status: 200 });
    expect(proxy.counts()).toEqual({ directory: 2 });

    proxy.inject(() => serverError(503, "3"));
    expect(await directory()).toMatchObject({ status: 503, headers: { "retry-after": "3" } });
  });

  it("resets connections, before or after Pebble has acted", async () => {
    const before = await pebble.orders();
    proxy.inject(firstOf("newOrder", 100, reset));
    await expect(order("b.example.com")).rejects.toThrow();
    expect(await pebble.orders()).toBe(before);
    proxy.clear();
    proxy.inject(firstOf("newOrder", 1, lostAnswer));
    await expect(order("b.example.com")).rejects.toThrow();
    expect(await pebble.orders()).toBe(before + 1);
  });

  it("cuts answers off and delays them", async () => {
    proxy.inject(() => truncated(10));
    await expect(directory()).rejects.toThrow(/aborted|ECONNRESET/);
    proxy.inject(() => slow(300));
    const start = Date.now();
    expect((await directory()).status).toBe(200);
    expect(Date.now() - start).toBeGreaterThanOrEqual(295);
  });
});
