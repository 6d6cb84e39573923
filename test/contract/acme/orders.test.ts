import { createPrivateKey, X509Certificate } from "node:crypto";
import { obtainCertificate } from "../../../sdk/acme/order";
import { publicKeyMatches } from "../../../sdk/keys/pem";
import { splitPem } from "../../../sdk/x509/parse";
import { hooksOf, registeredClient, requestFor } from "../../support/acmeOrders";
import { type Pebble, startPebble } from "../../support/pebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

needs("pebble").describe("orders", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await servers.add(startPebble({ chainLength: 2 }));
  });

  it("gets a certificate for one name by dns-01 with at most eight requests", async () => {
    const client = await registeredClient(pebble);
    const before = { ...client.requests };
    const request = await requestFor("web.example.com");
    const hooks = hooksOf(pebble.challtest, "dns-01");
    const ordered = await obtainCertificate(client, request, hooks);
    const certificate = new X509Certificate(ordered.certificatePem);
    expect(certificate.subjectAltName).toBe("DNS:web.example.com");
    expect(publicKeyMatches(certificate, createPrivateKey(request.privateKeyPem))).toBe(true);
    const [issuing, above, ...more] = splitPem(ordered.chainPem).map((pem) => new X509Certificate(pem));
    expect(certificate.verify(issuing!.publicKey)).toBe(true);
    expect(issuing!.verify(above!.publicKey)).toBe(true);
    expect(more).toEqual([]);
    expect(ordered).toMatchObject({ orderUrl: hooks.orders[0], warnings: [], authorizationsReused: 0 });
    expect(hooks.standing.size).toBe(0);

    const sent = Object.entries(client.requests).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
    const polls = sent.filter(([kind]) => kind === "authorization" || kind === "order");
    // The first request for the authorization is no poll; of the polls only the first counts.
    const further = polls.reduce((sum, [kind, count]) => sum + Math.max(0, count - (kind === "order" ? 1 : 2)), 0);
    expect(sent.reduce((sum, [, count]) => sum + count, 0) - further).toBeLessThanOrEqual(8);
    expect(client.requests).toMatchObject({ directory: 1, newNonce: 1, newOrder: 1, finalize: 1, certificate: 1 });
  });

  it.each(["http-01", "tls-alpn-01"] as const)("gets a certificate for a name and an address by %s", async (type) => {
    const client = await registeredClient(pebble);
    const names = type === "http-01" ? ["a.example.com", "127.0.0.1"] : ["a.example.com", "b.example.com"];
    await pebble.challtest.addA("a.example.com", ["127.0.0.1"]);
    const hooks = hooksOf(pebble.challtest, type);
    const { certificatePem } = await obtainCertificate(client, await requestFor(...names), hooks);
    const { subjectAltName } = new X509Certificate(certificatePem);
    for (const name of names) expect(subjectAltName).toContain(name);
    expect(hooks.proved.map(({ identifier }) => identifier.value).sort()).toEqual([...names].sort());
    expect(hooks.standing.size).toBe(0);
  });
});
