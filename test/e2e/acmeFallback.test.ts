import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, createStack } from "../support/engine";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy";
import { serverError } from "../support/faults";
import { type Pebble, startPebble } from "../support/pebble";
import { changes, daysFromNow, outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";

needs("pebble").describe("a CA that is down", () => {
  const folder = mkdtempSync(join(tmpdir(), "fallback-"));
  const deployed = join(folder, "pending.pem");
  let down: Pebble;
  let other: Pebble;
  let proxy: FaultProxy;
  let stack: Stack;

  const program = (more = ""): string => `
    const { AcmeAccount, Certificate, CertificateDeployment, CertificateSet, EndpointVerification, exec, files, standalone } =
      require("pulumi-certificates");
    const account = (name, directory, caBundlePem, solver) =>
      new AcmeAccount(name, { directory, caBundlePem, solvers: [{ http01: solver }] });
    const own = (port) => standalone({ port, address: "127.0.0.1" });
    const issuer = account("first", ${JSON.stringify(proxy.directoryUrl)}, ${JSON.stringify(proxy.caBundlePem)}, own(${down.httpPort}));
    const second = account("second", ${JSON.stringify(other.directoryUrl)}, ${JSON.stringify(other.caBundlePem)}, own(${other.httpPort}));
    const args = (name) => ({ issuer, fallbackIssuers: [second], dnsNames: [name + ".example"] });
    new Certificate("web", args("web"));
    ${more}`;
  const isDown = (): void => proxy.inject(({ kind }) => (kind === "newOrder" ? serverError(503, "86400") : undefined));
  const issuerOf = (pem: string): string => new X509Certificate(pem).issuer;
  const caOf = async (pebble: Pebble): Promise<string> =>
    new X509Certificate((await pebble.intermediates())[0] ?? "").subject;

  beforeAll(async () => {
    [down, other] = await Promise.all([
      startPebble({ answersChallenges: false }),
      startPebble({ answersChallenges: false }),
    ]);
    proxy = await startFaultProxy(down);
    stack = await createStack({ program: program(), config: { "certificates:allowTimeTravel": "true" } });
    await stack.up();
  });
  afterAll(async () => {
    await proxy.stop();
    await Promise.all([down.stop(), other.stop()]);
    rmSync(folder, { recursive: true });
  });

  test("is named, and a fallback issues what is new; it is not asked for each certificate of the run", async () => {
    isDown();
    proxy.clear();
    const members = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`m${index}`, { dnsNames: [`m${index}.example`] }]),
    );
    stack.write(
      program(`new Certificate("new", args("new"));
        const { dnsNames, ...common } = args("");
        exports.member = new CertificateSet("fleet", { ...common, members: ${JSON.stringify(members)} }).member("m7").certificatePem;`),
    );
    const { all } = await stack.up();
    const { web, new: fresh, fleet } = await outputsByName(stack);
    expect(web?.servedBy).toBe("first");
    expect(issuerOf(web?.certificatePem)).toBe(await caOf(down));
    expect(fresh?.servedBy).toBe("second");
    expect(all).toMatch(
      /Issued by second: first: The ACME server 127\.0\.0\.1:\d+ failed at .* The next renewal asks first/,
    );
    expect(issuerOf(fresh?.certificatePem)).toBe(await caOf(other));
    expect(issuerOf((await stack.outputs()).member)).toBe(await caOf(other));
    expect(fleet?.warnings).toContain("30 more warnings about members.");
    // Those that were under way before the circuit opened.
    expect(proxy.counts().newOrder).toBeLessThan(25);
    await stack.preview({ args: ["--expect-no-changes"] });
  });

  test("leaves a certificate that is due as it is while there is time, and is asked again when it is up", async () => {
    const before = (await outputsByName(stack)).web;
    stack.write(program());
    const end = Date.parse(before?.notAfter);
    const inDays = (days: number): string => new Date(end - days * 86_400_000).toISOString();
    stack.clock(inDays(14));
    const waiting = await stack.up();
    expect(waiting.all).toContain("The last renewal failed, the certificate in use was kept: first: ");
    expect((await outputsByName(stack)).web).toMatchObject({ certificatePem: before?.certificatePem, attempts: 1 });
    stack.clock(inDays(5));
    await stack.up();
    const after = (await outputsByName(stack)).web;
    expect(after).toMatchObject({ servedBy: "second", renewal: { reason: "Renewing" } });
    expect(after).not.toHaveProperty("lastFailure");
    proxy.inject();
    stack.clock(daysFromNow(85));
    await stack.up();
    expect((await outputsByName(stack)).web).toMatchObject({ servedBy: "first" });
    stack.clock();
  });

  test("or a domain that is not delegated yet, lets the first certificate and its deployment wait", async () => {
    const pending = (solver: string): string =>
      program(`
        const slow = account("slow", ${JSON.stringify(other.directoryUrl)}, ${JSON.stringify(other.caBundlePem)}, ${solver});
        const pending = new Certificate("pending", { issuer: slow, dnsNames: ["pending.example"], pendingFirstIssuance: true });
        new CertificateDeployment("edge", {
          certificate: pending,
          target: files({ directory: ${JSON.stringify(folder)}, files: { "pending.pem": "fullChain" } }),
        });
        exports.serialNumber = pending.serialNumber;`);
    stack.write(pending(`exec({ style: "certbot", command: ["/bin/false"] })`));
    const { all } = await stack.up();
    expect(all).toContain("Not issued yet: Control of pending.example could not be shown.");
    expect((await outputsByName(stack)).edge).toMatchObject({ status: "waiting" });
    await stack.preview({ args: ["--expect-no-changes"] });
    expect(existsSync(deployed)).toBe(false);
    // Before the next attempt is due by itself: another solver changes nothing, another day does.
    stack.write(pending(`own(${other.httpPort})`));
    stack.clock(daysFromNow(1));
    expect(changes((await stack.preview()).all)).toMatchObject({ pending: "update", edge: "update" });
    await stack.up();
    const { pending: issued, edge } = await outputsByName(stack);
    expect(edge).toMatchObject({ status: "deployed", deployedFingerprint: issued?.fingerprintSha256 });
    expect(readFileSync(deployed, "utf8")).toContain(issued?.certificatePem);
    expect(issued).not.toHaveProperty("lastFailure");
    expect(issued).not.toHaveProperty("pendingOrder");
  });
});
