import { X509Certificate } from "node:crypto";
import { issuerNames } from "../../../sdk/acme/chains";
import { obtainCertificate } from "../../../sdk/acme/order";
import { hooksOf, registeredClient, requestFor } from "../../support/acmeOrders";
import { type Pebble, type PebbleOptions, startPebble } from "../../support/pebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

needs("pebble").describe("orders", () => {
  const servers = new RunningServers();
  const start = (options?: PebbleOptions): Promise<Pebble> => servers.add(startPebble(options));

  it("are finished although every second nonce is refused, with few requests for new ones", async () => {
    const pebble = await start({ nonceReject: 50 });
    const client = await registeredClient(pebble);
    const requests = await Promise.all(Array.from({ length: 10 }, (_, at) => requestFor(`n${at}.example.com`)));
    const ordered = await Promise.all(
      requests.map((request) => obtainCertificate(client, request, hooksOf(pebble.challtest, "dns-01"))),
    );
    expect(new Set(ordered.map(({ certificatePem }) => certificatePem)).size).toBe(10);
    expect(await pebble.orders()).toBe(10);
    // Ten at once need at most ten nonces to begin with.
    expect(client.requests.newNonce).toBeLessThanOrEqual(15);
  });

  it("prove a name and its wildcard at the same TXT name", async () => {
    const pebble = await start();
    const client = await registeredClient(pebble);
    const hooks = hooksOf(pebble.challtest, "dns-01");
    const { certificatePem } = await obtainCertificate(
      client,
      await requestFor("example.com", "*.example.com", "*.sub.example.com"),
      hooks,
    );
    expect(new X509Certificate(certificatePem).subjectAltName).toContain("DNS:*.sub.example.com");
    expect(hooks.proved.map(({ identifier, wildcard }) => `${identifier.value} ${wildcard}`).sort()).toEqual([
      "example.com false",
      "example.com true",
      "sub.example.com true",
    ]);
  });

  it("do not prove again what is valid already", async () => {
    const pebble = await start({ authzReuse: 100 });
    const client = await registeredClient(pebble);
    const first = hooksOf(pebble.challtest, "dns-01");
    await obtainCertificate(client, await requestFor("a.example.com"), first);
    const second = hooksOf(pebble.challtest, "dns-01");
    const ordered = await obtainCertificate(client, await requestFor("a.example.com", "b.example.com"), second);
    expect(ordered.authorizationsReused).toBe(1);
    expect(second.proved.map(({ identifier }) => identifier.value)).toEqual(["b.example.com"]);
    const third = await obtainCertificate(client, await requestFor("a.example.com"), second);
    expect(third.authorizationsReused).toBe(1);
    expect(second.proved).toHaveLength(1);
  });

  it("take the chain of the preferred root, and say which there are when there is none such", async () => {
    const pebble = await start({ alternateRoots: 2, chainLength: 2 });
    const client = await registeredClient(pebble);
    const roots = (await pebble.roots()).map((pem) => /CN=(.*)/.exec(new X509Certificate(pem).subject)?.[1] ?? "");
    const order = async (preferredChain?: string) =>
      obtainCertificate(
        client,
        { ...(await requestFor("c.example.com")), ...(preferredChain !== undefined && { preferredChain }) },
        hooksOf(pebble.challtest, "dns-01"),
      );
    const fetched = () => client.requests.certificate;
    const topOf = ({ certificatePem, chainPem }: { certificatePem: string; chainPem: string }) =>
      issuerNames(certificatePem + chainPem).at(-1);
    expect(topOf(await order())).toBe(roots[0]);
    expect(fetched()).toBe(1);
    expect(topOf(await order(roots[0]))).toBe(roots[0]);
    expect(fetched()).toBe(2);
    for (const root of roots.slice(1)) expect(topOf(await order(root))).toBe(root);
    const unknown = await order("No Such Root");
    expect(topOf(unknown)).toBe(roots[0]);
    expect(unknown.warnings[0]).toContain(roots[2]);
  });

  it("ask for a profile that the directory has, and for no other", async () => {
    const profiles = {
      classic: { description: "90 days", validityPeriod: 90 * 86_400 },
      shortlived: { description: "6 days", validityPeriod: 6 * 86_400 },
    };
    const pebble = await start({ profiles });
    const client = await registeredClient(pebble);
    expect((await client.directory()).meta.profiles).toEqual({ classic: "90 days", shortlived: "6 days" });
    const order = async (profile: string) =>
      obtainCertificate(
        client,
        { ...(await requestFor("p.example.com")), profile },
        hooksOf(pebble.challtest, "dns-01"),
      );
    const { certificatePem } = await order("shortlived");
    const { validFrom, validTo } = new X509Certificate(certificatePem);
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBeLessThan(7 * 86_400_000);
    await expect(order("tlsserver")).rejects.toThrow(/"tlsserver"\. Use one of: classic, shortlived\./);
    expect(await pebble.orders()).toBe(1);
  });

  it("that the CA refuses name the identifiers and what it said", async () => {
    const pebble = await start({ blockedDomains: ["blocked.example"] });
    const client = await registeredClient(pebble);
    const order = async (...names: string[]) =>
      obtainCertificate(client, await requestFor(...names), hooksOf(pebble.challtest, "dns-01"));
    await expect(order("fine.example.com", "www.blocked.example")).rejects.toMatchObject({
      message: expect.stringContaining("an order for fine.example.com, www.blocked.example"),
      failureClass: "nextIssuer",
      details: { isIssuersFault: false, problem: { type: "rejectedIdentifier" } },
    });
  });

  it("fail with every name whose answer was wrong, and leave no answer behind", async () => {
    const pebble = await start();
    const client = await registeredClient(pebble);
    const hooks = hooksOf(pebble.challtest, "dns-01", {
      ready: async () => pebble.challtest.clearTxt("_acme-challenge.bad.example.com"),
    });
    const order = obtainCertificate(client, await requestFor("good.example.com", "bad.example.com"), hooks);
    await expect(order).rejects.toMatchObject({
      message: expect.stringMatching(/could not validate bad\.example\.com by dns-01: .+ \(unauthorized\)/),
      failureClass: "newOrder",
      details: { isIssuersFault: false },
    });
    expect(hooks.proved).toHaveLength(2);
    expect(hooks.standing.size).toBe(0);
  });
});
