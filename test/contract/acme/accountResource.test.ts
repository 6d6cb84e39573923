import { acmeAccount } from "../../../sdk/provider/acmeAccount";
import { clientOf, newKeyPem, registeredClient } from "../../support/acmeOrders";
import type { FaultProxy } from "../../support/faultProxy";
import { startPebble } from "../../support/pebble";
import { useProxiedPebble } from "../../support/proxiedPebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";
import { configure, type Properties, SimulatedResource } from "../../support/simulatedEngine";

needs("pebble").describe("an account as a resource", () => {
  const servers = new RunningServers();
  let proxy: FaultProxy;
  useProxiedPebble(servers, async (_pebble, started) => {
    proxy = started;
    await configure(acmeAccount);
  });

  const args = (more: Properties = {}, privateKeyPem?: string): Properties => ({
    name: "project/stack/account",
    directory: proxy.directoryUrl,
    caBundlePem: proxy.caBundlePem,
    credentials: privateKeyPem === undefined ? {} : { account: { privateKeyPem } },
    ...more,
  });
  /** What was asked of the account itself. */
  const changes = (): unknown[] =>
    proxy.requests.flatMap(({ path, payload }) =>
      path.includes("/my-account/") && payload !== undefined && payload !== "" ? [JSON.parse(payload)] : [],
    );

  test("is not made without agreement to the terms, where the CA asks for it", async () => {
    const account = new SimulatedResource(acmeAccount);
    await expect(account.up(args({ termsOfServiceAgreed: false }))).rejects.toThrow(
      /^termsOfServiceAgreed: is false, and 127.* without agreement to its terms of service/,
    );
    expect(proxy.counts().newAccount).toBe(1);
    await account.up(args({ termsOfServiceAgreed: true }));
    expect(account.outs.status).toBe("valid");
  });

  test("agrees to the terms once the user does, and cannot take that back", async () => {
    const key = await newKeyPem();
    await registeredClient(proxy, { accountKeyPem: key });
    const account = new SimulatedResource(acmeAccount);
    await account.up(args({ termsOfServiceAgreed: false }, key));
    expect(changes()).toEqual([]);
    await account.up(args({ termsOfServiceAgreed: true }, key));
    expect(changes()).toEqual([{ contact: [], termsOfServiceAgreed: true }]);
    expect((await account.preview(args({ termsOfServiceAgreed: true }, key))).isChanged).toBe(false);
    await expect(account.preview(args({ termsOfServiceAgreed: false }, key))).rejects.toThrow(
      /^termsOfServiceAgreed: is false now, and an agreement cannot be taken back/,
    );
    const elsewhere = { termsOfServiceAgreed: false, directory: "https://other.example/dir" };
    await expect(account.preview(args(elsewhere, key))).resolves.toMatchObject({ isChanged: true });
  });

  test("that the key has already gets the contacts of the program", async () => {
    const key = await newKeyPem();
    const client = await registeredClient(proxy, { accountKeyPem: key });
    const account = new SimulatedResource(acmeAccount);
    await account.up(args({ contacts: ["pki@example.com"] }, key));
    expect(await client.readAccount()).toMatchObject({
      url: account.outs.accountUrl,
      contacts: ["mailto:pki@example.com"],
    });
    // From now on the key stands in the state.
    expect((await account.preview(args({ contacts: ["pki@example.com"] }))).isChanged).toBe(false);
  });

  test("that the key has already needs no binding to a customer any more", async () => {
    const hmacKey = Buffer.from("0123456789abcdef0123456789abcdef").toString("base64url");
    const bound = await servers.add(startPebble({ eab: { "kid-1": hmacKey } }));
    const accountKeyPem = await newKeyPem();
    const client = await clientOf(bound, { accountKeyPem });
    const externalAccountBinding = { keyId: "kid-1", hmacKey };
    const { url } = await client.createAccount({ contacts: [], termsOfServiceAgreed: true, externalAccountBinding });
    const { directoryUrl: directory, caBundlePem } = bound;
    const account = new SimulatedResource(acmeAccount);
    await account.up(args({ directory, caBundlePem }, accountKeyPem));
    expect(account.outs.accountUrl).toBe(url);
    const other = new SimulatedResource(acmeAccount).up(args({ directory, caBundlePem }, await newKeyPem()));
    await expect(other).rejects.toThrow(/^externalAccountBinding: is required by/);
    const known = args({ directory: "zerossl" }, accountKeyPem);
    await expect(new SimulatedResource(acmeAccount).preview(known)).resolves.toBeDefined();
  });
});
