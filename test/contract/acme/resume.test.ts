import { X509Certificate } from "node:crypto";
import { obtainCertificate } from "../../../sdk/acme/order";
import {
  hooksOf,
  newKeyPem,
  type PreparedOrder,
  registeredClient,
  requestFor,
  type Witness,
} from "../../support/acmeOrders";
import type { FaultProxy } from "../../support/faultProxy";
import { firstOf, problem } from "../../support/faults";
import type { Pebble } from "../../support/pebble";
import { useProxiedPebble } from "../../support/proxiedPebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

const killed = (): never => {
  throw new Error("killed");
};

needs("pebble").describe("an order that an earlier run began", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  let proxy: FaultProxy;
  useProxiedPebble(servers, (...started) => void ([pebble, proxy] = started));

  /** Ends at a step, and a later run goes on with the order: with a client of its own, as after a kill. */
  async function goneOn(spoil: Parameters<typeof hooksOf>[2]): Promise<{ request: PreparedOrder; first: Witness }> {
    const accountKeyPem = await newKeyPem();
    const request = await requestFor("kill.example.com", "kill2.example.com");
    const first = hooksOf(pebble.challtest, "dns-01", spoil);
    const before = await pebble.orders();
    const begun = obtainCertificate(await registeredClient(proxy, { accountKeyPem }), request, first);
    await expect(begun).rejects.toThrow();
    proxy.inject();
    expect(first.standing.size).toBe(0);
    const second = hooksOf(pebble.challtest, "dns-01");
    const client = await registeredClient(proxy, { accountKeyPem });
    const ordered = await obtainCertificate(client, { ...request, orderUrl: first.orders[0]! }, second);
    expect(new X509Certificate(ordered.certificatePem).subjectAltName).toContain("kill2.example.com");
    expect(ordered.orderUrl).toBe(first.orders[0]);
    expect(second.orders).toEqual([]);
    expect(await pebble.orders()).toBe(before + 1);
    return { request, first };
  }

  it.each(["placed", "prove", "ready"] as const)("is finished when it ended at %s", async (step) => {
    await goneOn({ [step]: killed });
  });

  it.each(["finalize", "certificate"] as const)("is finished when it ended at the request for %s", async (kind) => {
    proxy.inject(firstOf(kind, 1, problem(403, "userActionRequired", "the run ends here")));
    await goneOn({});
  });

  it("is finished when an answer could not be removed; that is a warning", async () => {
    const hooks = hooksOf(pebble.challtest, "dns-01", { remove: killed });
    const ordered = await obtainCertificate(await registeredClient(pebble), await requestFor("w.example.com"), hooks);
    expect(ordered.warnings).toEqual(["The answer to the challenge of w.example.com could not be removed: killed"]);
  });

  it("ends at once when the run ends, without leaving an answer behind", async () => {
    const run = new AbortController();
    const client = await registeredClient(pebble, { signal: run.signal });
    const hooks = hooksOf(pebble.challtest, "dns-01", { ready: () => run.abort() });
    const order = obtainCertificate(client, await requestFor("e.example.com"), hooks);
    await expect(order).rejects.toMatchObject({ failureClass: "retryLater" });
    expect(hooks.standing.size).toBe(0);
  });

  it.each([
    [
      "failed",
      async (client: Awaited<ReturnType<typeof registeredClient>>) => {
        const hooks = hooksOf(pebble.challtest, "dns-01", {
          ready: () => pebble.challtest.clearTxt("_acme-challenge.s.example.com"),
        });
        await expect(obtainCertificate(client, await requestFor("s.example.com"), hooks)).rejects.toThrow();
        return hooks.orders[0]!;
      },
    ],
    [
      "is another account's",
      async () => {
        const hooks = hooksOf(pebble.challtest, "dns-01", { prove: killed });
        const other = await registeredClient(pebble);
        await expect(obtainCertificate(other, await requestFor("s.example.com"), hooks)).rejects.toThrow("killed");
        return hooks.orders[0]!;
      },
    ],
    ["is gone", async () => pebble.directoryUrl.replace("/dir", "/my-order/none")],
    [
      "is for other names",
      async (client: Awaited<ReturnType<typeof registeredClient>>) => {
        const hooks = hooksOf(pebble.challtest, "dns-01", { prove: killed });
        await expect(obtainCertificate(client, await requestFor("t.example.com"), hooks)).rejects.toThrow("killed");
        return hooks.orders[0]!;
      },
    ],
    [
      "was finished with another key",
      async (client: Awaited<ReturnType<typeof registeredClient>>) => {
        const hooks = hooksOf(pebble.challtest, "dns-01");
        return (await obtainCertificate(client, await requestFor("s.example.com"), hooks)).orderUrl;
      },
    ],
  ])("is replaced by a new one when it %s", async (_what, earlier) => {
    const client = await registeredClient(pebble);
    const orderUrl = await earlier(client);
    const hooks = hooksOf(pebble.challtest, "dns-01");
    const ordered = await obtainCertificate(client, { ...(await requestFor("s.example.com")), orderUrl }, hooks);
    expect(hooks.orders).toEqual([ordered.orderUrl]);
    expect(ordered.orderUrl).not.toBe(orderUrl);
  });
});
