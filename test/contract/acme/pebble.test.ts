import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { orderByAcmeClient } from "../../support/acmeClientOrder";
import { type Pebble, startPebble } from "../../support/pebble";
import { plainRequest } from "../../support/plainRequest";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

needs("pebble").describe("Pebble", () => {
  const servers = new RunningServers();

  const directoryOf = async (url: string, caBundlePem: string) =>
    JSON.parse((await plainRequest(url, { caBundlePem })).body) as { newOrder: string; meta: object };

  it("issues to a client that proves a name by dns-01, counts what was asked, and tells the status of what it issued", async () => {
    const pebble = await servers.add(startPebble({ alternateRoots: 1, chainLength: 2 }));
    expect(await pebble.orders()).toBe(0);
    expect(await pebble.requests()).toEqual({ directory: 0 });

    const { directoryUrl } = pebble;
    const pem = await orderByAcmeClient(pebble, { directoryUrl, dnsName: "web.example.com" });
    const leaf = new X509Certificate(pem);
    expect(leaf.subjectAltName).toBe("DNS:web.example.com");
    expect(pem.match(/BEGIN/g)).toHaveLength(3); // the certificate and two intermediates
    expect(await pebble.orders()).toBe(1);
    expect(await pebble.requests()).toMatchObject({ directory: 1, newAccount: 1, newOrder: 1, finalize: 1 });
    const asked = await pebble.challtest.history.dns("_acme-challenge.web.example.com");
    expect(asked.map(({ Question }) => Question.Qtype)).toContain(16); // TXT
    expect(await pebble.challtest.txt("_acme-challenge.web.example.com")).toEqual([]);

    const [roots, intermediates] = [await pebble.roots(), await pebble.intermediates()];
    expect(roots.map((root) => new X509Certificate(root).ca)).toEqual([true, true]);
    expect(leaf.verify(new X509Certificate(intermediates[0]!).publicKey)).toBe(true);

    expect(await pebble.statusBySerial(leaf.serialNumber)).toEqual({ status: "Valid", reason: undefined });
    expect(await pebble.statusBySerial("01")).toBeUndefined();
    await pebble.setRenewalInfo(leaf.toString(), { suggestedWindow: { start: "now", end: "then" } });
    await expect(pebble.setRenewalInfo(pebble.caBundlePem, "{}")).rejects.toThrow("refused the renewal information");
  });

  it("asks for an external account binding, offers profiles and refuses blocked names where told to", async () => {
    const hmacKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    const pebble = await servers.add(
      startPebble({
        eab: { "kid-1": hmacKey },
        profiles: { shortlived: { description: "six days", validityPeriod: 6 * 86_400 } },
        blockedDomains: ["blocked.example"],
      }),
    );
    const { directoryUrl, caBundlePem } = pebble;
    const { meta } = await directoryOf(directoryUrl, caBundlePem);
    expect(meta).toMatchObject({ externalAccountRequired: true, profiles: { shortlived: "six days" } });

    const order = (dnsName: string, kid: string) =>
      orderByAcmeClient(pebble, { directoryUrl, dnsName, externalAccountBinding: { kid, hmacKey } });
    await expect(order("web.example.com", "kid-2")).rejects.toThrow("not known to the ACME server");
    await expect(order("www.blocked.example", "kid-1")).rejects.toThrow(/blocked/i);
    const { validFrom, validTo } = new X509Certificate(await order("web.example.com", "kid-1"));
    expect((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000).toBeCloseTo(6, 1);
  });

  it("asks challtestsrv for CNAME, SERVFAIL and TXT records", async () => {
    const { challtest } = await servers.add(startPebble());
    await challtest.setTxt("target.example.net", "one");
    await challtest.setTxt("target.example.net", "two");
    await challtest.setCname("_acme-challenge.web.example.com", "target.example.net");
    expect((await challtest.txt("_acme-challenge.web.example.com")).sort()).toEqual(["one", "two"]);
    await challtest.setServfail("target.example.net");
    await expect(challtest.txt("target.example.net")).rejects.toThrow("ESERVFAIL");
    await challtest.clearServfail("target.example.net");
    await challtest.clearTxt("target.example.net");
    expect(await challtest.txt("target.example.net")).toEqual([]);
    expect(await challtest.history.dns("target.example.net")).not.toEqual([]);
    await challtest.history.clear("target.example.net");
    expect(await challtest.history.dns("target.example.net")).toEqual([]);
  });

  it("asks another DNS server where told to", async () => {
    const other = await servers.add(startPebble());
    const pebble = await servers.add(startPebble({ validationDns: other.challtest.dns }));
    const { directoryUrl } = pebble;
    const order = (challtest: Pebble["challtest"]) =>
      orderByAcmeClient({ ...pebble, challtest }, { directoryUrl, dnsName: "web.example.com" });
    await expect(order(pebble.challtest)).rejects.toThrow("No TXT records found");
    expect(await order(other.challtest)).toContain("BEGIN CERTIFICATE");
  });

  it("serves http-01 and tls-alpn-01 on the ports that Pebble asks, or leaves them free", async () => {
    const pebble = await servers.add(startPebble());
    await pebble.challtest.addHttp01("token", "token.thumbprint");
    const url = (port: number) => `http://127.0.0.1:${port}/.well-known/acme-challenge/token`;
    expect((await plainRequest(url(pebble.httpPort))).body).toBe("token.thumbprint");

    const free = await servers.add(startPebble({ answersChallenges: false }));
    await expect(plainRequest(url(free.httpPort))).rejects.toThrow("ECONNREFUSED");
    await expect(free.challtest.addHttp01("token", "token.thumbprint")).rejects.toThrow("404");
  });

  it("is gone after stop, with its folder", async () => {
    const pebble = await startPebble();
    expect(existsSync(pebble.folder)).toBe(true);
    await pebble.stop();
    await expect(plainRequest(pebble.managementUrl, pebble)).rejects.toThrow("ECONNREFUSED");
    expect(existsSync(pebble.folder)).toBe(false);
  });
});
