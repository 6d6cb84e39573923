import { X509Certificate } from "node:crypto";
import { AcmeClient } from "../../sdk/acme/client";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy";
import { unanswered } from "../support/faults";
import { type Pebble, startPebble } from "../support/pebble";
import { type PebbleStatus, startPebbleStatus } from "../support/pebbleStatus";
import { changes, outputsByName, reasons, reissued } from "../support/renewals";
import { needs } from "../support/requirements";
import { RunningServers } from "../support/runningServers";

type Outputs = Awaited<ReturnType<typeof outputsByName>>;

needs("pebble").describe("certificates that their CA revoked, and an account that it deactivated", () => {
  const servers = new RunningServers();
  let status: PebbleStatus;
  let pebble: Pebble;
  let proxy: FaultProxy;
  let stack: Stack;

  const client = (outputs: Outputs): AcmeClient => {
    const { directoryUrl, caBundlePem } = proxy;
    const { privateKeyPem: accountKeyPem, accountUrl } = outputs.account ?? {};
    return new AcmeClient({
      directoryUrl,
      caBundlePem,
      accountKeyPem,
      accountUrl,
      signal: AbortSignal.timeout(30_000),
    });
  };

  beforeAll(async () => {
    status = await servers.add(startPebbleStatus());
    pebble = await servers.add(startPebble({ answersChallenges: false, ocspResponderUrl: status.url }));
    await status.serve(pebble);
    proxy = await servers.add(startFaultProxy(pebble));
    stack = await createStack({
      program: `
        const { AcmeAccount, Certificate, CertificateSet, standalone } = require("pulumi-certificates");
        const issuer = new AcmeAccount("account", {
          directory: ${JSON.stringify(proxy.directoryUrl)},
          caBundlePem: ${JSON.stringify(pebble.caBundlePem)},
          solvers: [{ http01: standalone({ port: ${pebble.httpPort}, address: "127.0.0.1" }) }],
        });
        const certificate = (name, args) => new Certificate(name, { issuer, dnsNames: [name + ".example"], ...args });
        certificate("revoked");
        certificate("stolen", { privateKey: { rotationPolicy: "never" } });
        certificate("pinned", { privateKey: { rotationPolicy: "never" } });
        certificate("good");
        const members = { one: { dnsNames: ["one.example"] }, two: { dnsNames: ["two.example"] } };
        new CertificateSet("fleet", { issuer, members });`,
    });
    await stack.up();
  });

  test("are seen by a refresh, which names the reason, and re-issued by the run; what is good is not touched", async () => {
    const before = await outputsByName(stack);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    const pems = [
      ...["revoked", "stolen", "pinned", "good"].map((name) => before[name]?.certificatePem),
      ...Object.values(membersOf(before)),
    ];
    expect([...status.asked].sort()).toEqual(pems.map((pem) => new X509Certificate(pem).serialNumber).sort());
    const ca = client(before);
    await ca.revoke(before.revoked?.certificatePem, { reason: 4 });
    await ca.revoke(before.pinned?.certificatePem, { reason: 4 });
    await ca.revoke(before.stolen?.certificatePem, { reason: 1 });
    await ca.revoke(membersOf(before).two ?? "", { reason: 5 });
    await ca.deactivateAccount();

    const preview = await stack.preview({ args: ["--refresh"] });
    const revoked = { revoked: "Revoked", stolen: "Revoked", pinned: "Revoked", fleet: "Revoked" };
    expect(reasons(preview.all)).toEqual(revoked);
    expect(changes(preview.all)).toEqual({
      ...{ account: "update", revoked: "update", stolen: "update", pinned: "update" },
      fleet: "update",
    });
    expect(diagnosticsOf(preview.all, "stolen").join()).toMatch(/, revoked 2\d{3}-\d\d-\d\d, keyCompromise$/);
    expect(diagnosticsOf(preview.all, "fleet")).toEqual(["two was revoked by its CA [Revoked]"]);
    expect(diagnosticsOf(preview.all, "account")).toEqual([
      "account registers another account: at the CA the one before is deactivated.",
    ]);

    expect(reasons((await stack.up({ args: ["--refresh"] })).all)).toEqual(revoked);
    const after = await outputsByName(stack);
    expect(reissued(before, after).sort()).toEqual(["pinned", "revoked", "stolen"]);
    expect(membersOf(after).one).toBe(membersOf(before).one);
    expect(membersOf(after).two).not.toBe(membersOf(before).two);
    expect(after.account?.status).toBe("valid");
    expect(after.account?.accountUrl).not.toBe(before.account?.accountUrl);
    // A key that somebody else has is not certified again, whatever its rotation policy.
    expect(after.pinned?.spkiSha256).toBe(before.pinned?.spkiSha256);
    expect(after.stolen?.spkiSha256).not.toBe(before.stolen?.spkiSha256);
  });

  test("are as they were recorded while the CA does not answer a refresh, which says so and does not wait for long", async () => {
    proxy.inject(() => unanswered);
    const start = Date.now();
    const { all } = await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    expect(Date.now() - start).toBeLessThan(60_000);
    expect(all).toMatch(
      /its account could not be looked at\. The ACME server 127\.0\.0\.1:\d+ gave no answer within 5 s/,
    );
  });
});

/** The certificates of the set's members, by their names. */
function membersOf({ fleet }: Outputs): Record<string, string> {
  return (JSON.parse(fleet?.contentsJson) as { certificates: Record<string, string> }).certificates;
}
