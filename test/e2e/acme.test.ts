import { X509Certificate } from "node:crypto";
import { changes, daysFromNow, outputsByName, reasons, reissued } from "../support/renewals";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type Pebble, startPebble } from "../support/pebble";
import { needs } from "../support/requirements";

const imports = `const { AcmeAccount, Certificate, CertificateSet, standalone } = require("pulumi-certificates");`;

needs("pebble").describe("certificates from an ACME CA", () => {
  let pebble: Pebble;
  let stack: Stack;

  const program = (more = "", account = ""): string => `${imports}
    const account = new AcmeAccount("pebble", {
      directory: ${JSON.stringify(pebble.directoryUrl)},
      caBundlePem: ${JSON.stringify(pebble.caBundlePem)},
      email: "pki@example.com",
      solvers: [{ http01: standalone({ port: ${pebble.httpPort}, address: "127.0.0.1" }) }],
      ${account}
    });
    const certificate = (name, args) => new Certificate(name, { issuer: account, dnsNames: [name + ".example"], ...args });
    certificate("web", { renewBefore: "30%" });
    ${more}`;

  beforeAll(async () => {
    pebble = await startPebble({ answersChallenges: false });
    stack = await createStack({ program: program(), config: { "certificates:allowTimeTravel": "true" } });
  });
  afterAll(() => pebble.stop());

  test("the first preview places no order, and the up places one", async () => {
    const preview = await stack.preview();
    expect(changes(preview.all)).toEqual({ pebble: "create", web: "create" });
    expect(await pebble.orders()).toBe(0);
    await stack.up();
    expect(await pebble.orders()).toBe(1);
    const { web, pebble: account } = await outputsByName(stack);
    expect(account).toMatchObject({ status: "valid", directoryUrl: pebble.directoryUrl });
    const leaf = new X509Certificate(web?.certificatePem);
    expect(leaf.subjectAltName).toBe("DNS:web.example");
    const [intermediate = ""] = await pebble.intermediates();
    expect(leaf.verify(new X509Certificate(intermediate).publicKey)).toBe(true);
    expect(web?.chainPem).toContain("BEGIN CERTIFICATE");
    expect(web?.renewal).toMatchObject({ epoch: 1, reason: "DoesNotExist" });
  });

  test("a day later nothing changes, also after a refresh", async () => {
    stack.clock(daysFromNow(1));
    await stack.preview({ args: ["--expect-no-changes"] });
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    expect(await pebble.orders()).toBe(1);
  });

  test("when it is due the preview says so, and the up renews it with one order", async () => {
    const before = await outputsByName(stack);
    stack.clock(daysFromNow(80));
    const preview = await stack.preview();
    expect(reasons(preview.all)).toEqual({ web: "Renewing" });
    expect(changes(preview.all)).toEqual({ web: "update" });
    const up = await stack.up();
    expect(reasons(up.all)).toEqual({ web: "Renewing" });
    expect(reissued(before, await outputsByName(stack))).toEqual(["web"]);
    expect(await pebble.orders()).toBe(2);
    stack.clock();
    await stack.preview({ args: ["--expect-no-changes"] });
  });

  test("a window that the CA moved into the past renews at the next refresh, with the CA's explanation", async () => {
    const before = await outputsByName(stack);
    const [start, end] = [-3, -1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
    const explanationURL = "https://pebble.example/incident-7";
    await pebble.setRenewalInfo(before.web?.certificatePem, { suggestedWindow: { start, end }, explanationURL });
    await stack.preview({ args: ["--expect-no-changes"] });
    const preview = await stack.preview({ args: ["--refresh"] });
    expect(reasons(preview.all)).toEqual({ web: "Renewing" });
    expect(preview.all).toContain(explanationURL);
    await stack.up({ args: ["--refresh"] });
    expect(reissued(before, await outputsByName(stack))).toEqual(["web"]);
    expect(await pebble.orders()).toBe(3);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });

  test("a compromised key is replaced and its certificate revoked; one that is deleted is revoked if asked for", async () => {
    stack.write(program('certificate("gone", { revokeOnDelete: "cessationOfOperation" });'));
    await stack.up();
    const before = await outputsByName(stack);
    stack.write(program().replace("...args", `compromisedKeys: ["${before.web?.spkiSha256}"]`));
    const preview = await stack.preview();
    expect(reasons(preview.all)).toEqual({ web: "KeyCompromised" });
    expect(changes(preview.all)).toEqual({ web: "update", gone: "delete" });
    await stack.up();
    const after = await outputsByName(stack);
    expect(after.web?.spkiSha256).not.toBe(before.web?.spkiSha256);
    const statusOf = (pem: string) => pebble.statusBySerial(new X509Certificate(pem).serialNumber.toLowerCase());
    expect(await statusOf(before.web?.certificatePem)).toEqual({ status: "Revoked", reason: 1 });
    expect(await statusOf(before.gone?.certificatePem)).toEqual({ status: "Revoked", reason: 5 });
    expect(await statusOf(after.web?.certificatePem)).toMatchObject({ status: "Valid" });
  });

  test("what the account cannot prove is an error of the preview, and no order is placed", async () => {
    const orders = await pebble.orders();
    stack.write(program('certificate("wild", { dnsNames: ["*.web.example"] });'));
    const { all } = await stack.preview({ fails: true });
    expect(all).toContain("dnsNames[0]: *.web.example is a wildcard, which http-01 cannot prove");
    expect(await pebble.orders()).toBe(orders);
  });

  const fleet = (args = ""): string =>
    program(`
      const members = { one: { dnsNames: ["one.example"] }, two: { dnsNames: ["two.example"] } };
      exports.fleet = new CertificateSet("fleet", { issuer: account, members, ${args} }).certificates;`);
  const fleetNow = async (): Promise<Record<string, string>> => (await stack.outputs()).fleet;

  test("a set takes the account as its issuer, with one order for each member", async () => {
    const orders = await pebble.orders();
    stack.write(fleet());
    await stack.up();
    expect(await pebble.orders()).toBe(orders + 2);
    expect(new X509Certificate((await fleetNow()).two ?? "").subjectAltName).toBe("DNS:two.example");
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });

  test("its members are renewed one by one: when the CA asks, and those with the least life left first", async () => {
    const [orders, before] = [await pebble.orders(), await fleetNow()];
    const [start, end] = [-3, -1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
    await pebble.setRenewalInfo(before.one ?? "", { suggestedWindow: { start, end } });
    const { all } = await stack.up({ args: ["--refresh"] });
    expect(diagnosticsOf(all, "fleet").filter((line) => line.includes("["))).toEqual([
      expect.stringMatching(/^one is due \[Renewing\]/),
    ]);
    const asked = await fleetNow();
    expect(asked).toEqual({ one: expect.not.stringContaining(before.one ?? "none"), two: before.two });
    expect(pebble.output()).toContain("is a replacement of");
    stack.write(fleet("maxRenewalsPerUpdate: 1"));
    stack.clock(daysFromNow(80));
    await stack.up({ args: ["--target", "**fleet"] });
    expect(await fleetNow()).toEqual({ one: asked.one, two: expect.not.stringContaining(asked.two ?? "none") });
    expect(await pebble.orders()).toBe(orders + 2);
    stack.clock();
  });

  test("an account takes a new key or another contact without touching a certificate", async () => {
    stack.write(program());
    await stack.up();
    const before = await outputsByName(stack);
    stack.write(program("", 'generation: 2, contacts: ["ops@example.com"],'));
    expect(changes((await stack.up()).all)).toEqual({ pebble: "update" });
    const after = await outputsByName(stack);
    expect(after.pebble?.accountUrl).toBe(before.pebble?.accountUrl);
    expect(after.pebble?.privateKeyPem).not.toBe(before.pebble?.privateKeyPem);
    expect(reissued(before, after)).toEqual([]);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });
});
