import { certId } from "../../../sdk/acme/certId";
import { obtainCertificate } from "../../../sdk/acme/order";
import { parseCertificate } from "../../../sdk/x509/parse";
import { clientOf, hooksOf, newKeyPem, registeredClient, requestFor } from "../../support/acmeOrders";
import type { FaultProxy } from "../../support/faultProxy";
import { firstOf, lostAnswer } from "../../support/faults";
import { type Pebble, startPebble } from "../../support/pebble";
import { useProxiedPebble } from "../../support/proxiedPebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

const agreed = { contacts: ["pki@example.com"], termsOfServiceAgreed: true };

needs("pebble").describe("accounts", () => {
  const servers = new RunningServers();
  let pebble: Pebble;
  let proxy: FaultProxy;
  useProxiedPebble(servers, (...started) => void ([pebble, proxy] = started));

  it.each(["ECDSA-P256", "ECDSA-P384", "RSA-2048"] as const)(
    "are created with a key of %s and found again",
    async (kind) => {
      const accountKeyPem = await newKeyPem(kind);
      const client = await clientOf(pebble, { accountKeyPem });
      expect(await client.findAccount()).toBeUndefined();
      await expect(client.readAccount()).rejects.toMatchObject({ failureClass: "nextIssuer" });
      const created = await client.createAccount(agreed);
      expect(created).toMatchObject({ status: "valid", contacts: ["mailto:pki@example.com"] });
      const other = await clientOf(pebble, { accountKeyPem });
      expect(await other.findAccount()).toEqual(created);
      expect(await other.createAccount(agreed)).toMatchObject({ url: created.url });
    },
  );

  it("change their contacts and are read without a request for a known URL", async () => {
    const accountKeyPem = await newKeyPem();
    const { url } = await (await clientOf(pebble, { accountKeyPem })).createAccount(agreed);
    const client = await clientOf(pebble, { accountKeyPem, accountUrl: url });
    expect((await client.changeAccount({ contacts: ["ops@example.com", "mailto:b@example.com"] })).contacts).toEqual([
      "mailto:ops@example.com",
      "mailto:b@example.com",
    ]);
    expect(await client.readAccount()).toMatchObject({
      url,
      contacts: ["mailto:ops@example.com", "mailto:b@example.com"],
    });
    expect(client.requests).toMatchObject({ newAccount: 0, newNonce: 1 });
    await expect(client.changeAccount({ contacts: ["no-mail"] })).rejects.toMatchObject({ failureClass: "fatal" });
  });

  it("replace their key, and go on with the new one only", async () => {
    const [accountKeyPem, next] = [await newKeyPem(), await newKeyPem("ECDSA-P384")];
    const client = await clientOf(pebble, { accountKeyPem });
    const { url } = await client.createAccount(agreed);
    await client.rolloverKey(next);
    expect((await client.readAccount()).url).toBe(url);
    expect((await (await clientOf(pebble, { accountKeyPem: next })).findAccount())?.url).toBe(url);
    expect(await (await clientOf(pebble, { accountKeyPem })).findAccount()).toBeUndefined();
  });

  it("have the new key when the confirmation of its change was lost", async () => {
    const client = await clientOf(proxy);
    await client.createAccount(agreed);
    proxy.inject(firstOf("keyChange", 1, lostAnswer));
    await client.rolloverKey(await newKeyPem());
    expect((await client.readAccount()).status).toBe("valid");
  });

  it("are deactivated for good, once or twice, and say so", async () => {
    const client = await registeredClient(pebble);
    await client.deactivateAccount();
    await client.deactivateAccount();
    expect((await client.readAccount()).status).toBe("deactivated");
    const order = obtainCertificate(client, await requestFor("a.example.com"), hooksOf(pebble.challtest, "dns-01"));
    await expect(order).rejects.toMatchObject({ failureClass: "nextIssuer", details: { isIssuersFault: false } });
  });

  it("are bound to a customer where the CA asks for it", async () => {
    const hmacKey = Buffer.from("0123456789abcdef0123456789abcdef").toString("base64url");
    const bound = await servers.add(startPebble({ eab: { "kid-1": hmacKey } }));
    await expect((await clientOf(bound)).createAccount(agreed)).rejects.toMatchObject({ code: "InvalidArgument" });
    const wrong = { keyId: "kid-1", hmacKey: Buffer.alloc(32, 7).toString("base64url") };
    const refused = (await clientOf(bound)).createAccount({ ...agreed, externalAccountBinding: wrong });
    await expect(refused).rejects.toMatchObject({ code: "IssuanceFailed", failureClass: "nextIssuer" });
    await expect(refused).rejects.not.toThrow(wrong.hmacKey);
    const client = await clientOf(bound);
    const account = await client.createAccount({ ...agreed, externalAccountBinding: { keyId: "kid-1", hmacKey } });
    expect(account.status).toBe("valid");
  });

  it("revoke a certificate once or twice, with the account's key or its own, with the reason", async () => {
    const client = await registeredClient(pebble);
    const revoked = async (options: { reason?: number }, ownKey: boolean): Promise<unknown> => {
      const request = await requestFor("r.example.com");
      const { certificatePem } = await obtainCertificate(client, request, hooksOf(pebble.challtest, "dns-01"));
      const by = ownKey ? await clientOf(pebble) : client;
      const all = { ...options, ...(ownKey && { privateKeyPem: request.privateKeyPem }) };
      await by.revoke(certificatePem, all);
      await by.revoke(certificatePem, all);
      return pebble.statusBySerial(parseCertificate(certificatePem, "pem").serialNumber);
    };
    expect(await revoked({ reason: 4 }, false)).toEqual({ status: "Revoked", reason: 4 });
    expect(await revoked({ reason: 1 }, true)).toEqual({ status: "Revoked", reason: 1 });
    expect(await revoked({}, false)).toMatchObject({ status: "Revoked" });
  });

  it("read renewal information, whose window may be moved or nonsense", async () => {
    const client = await registeredClient(pebble);
    const request = await requestFor("i.example.com");
    const { certificatePem } = await obtainCertificate(client, request, hooksOf(pebble.challtest, "dns-01"));
    const info = await client.renewalInfo(certificatePem);
    expect(info!.end).toBeGreaterThan(info!.start);
    const sixHours = 6 * 3_600_000;
    expect(Math.abs(info!.nextCheckAt - Date.now() - sixHours)).toBeLessThan(60_000);
    const suggestedWindow = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
    const explanationURL = "https://ca.example.com/incident";
    await pebble.setRenewalInfo(certificatePem, { suggestedWindow, explanationURL });
    expect(await client.renewalInfo(certificatePem)).toMatchObject({
      start: Date.parse("2026-01-01"),
      end: Date.parse("2026-01-02"),
      explanationUrl: explanationURL,
    });
    await pebble.setRenewalInfo(certificatePem, {
      suggestedWindow: { start: suggestedWindow.end, end: suggestedWindow.start },
    });
    expect(await client.renewalInfo(certificatePem)).toBeUndefined();

    // The next order names what it replaces; a second one that does so too is placed without.
    const replaces = certId(certificatePem);
    for (let time = 1; time <= 2; time++) {
      const next = { ...(await requestFor("i.example.com")), replaces };
      const { warnings } = await obtainCertificate(client, next, hooksOf(pebble.challtest, "dns-01"));
      expect(warnings).toEqual([]);
      expect(client.requests.newOrder).toBe(time === 1 ? 2 : 4);
    }
  });
});
