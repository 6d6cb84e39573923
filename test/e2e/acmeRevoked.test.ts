import { X509Certificate } from "node:crypto";
import { AcmeClient } from "../../sdk/acme/client";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
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
  let stack: Stack;

  const serialOf = (outputs: Outputs, name: string): string =>
    new X509Certificate(outputs[name]?.certificatePem).serialNumber;
  const client = (outputs: Outputs): AcmeClient => {
    const { directoryUrl, caBundlePem } = pebble;
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
    stack = await createStack({
      program: `
        const { AcmeAccount, Certificate, standalone } = require("pulumi-certificates");
        const issuer = new AcmeAccount("account", {
          directory: ${JSON.stringify(pebble.directoryUrl)},
          caBundlePem: ${JSON.stringify(pebble.caBundlePem)},
          solvers: [{ http01: standalone({ port: ${pebble.httpPort}, address: "127.0.0.1" }) }],
        });
        const certificate = (name, args) => new Certificate(name, { issuer, dnsNames: [name + ".example"], ...args });
        certificate("revoked");
        certificate("stolen", { privateKey: { rotationPolicy: "never" } });
        certificate("pinned", { privateKey: { rotationPolicy: "never" } });
        certificate("good");`,
    });
    await stack.up();
  });

  test("are seen by a refresh, which names the reason, and re-issued by the run; what is good is not touched", async () => {
    const before = await outputsByName(stack);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    expect([...status.asked].sort()).toEqual(
      ["revoked", "stolen", "pinned", "good"].map((name) => serialOf(before, name)).sort(),
    );
    const ca = client(before);
    await ca.revoke(before.revoked?.certificatePem, { reason: 4 });
    await ca.revoke(before.pinned?.certificatePem, { reason: 4 });
    await ca.revoke(before.stolen?.certificatePem, { reason: 1 });
    await ca.deactivateAccount();

    const preview = await stack.preview({ args: ["--refresh"] });
    const revoked = { revoked: "Revoked", stolen: "Revoked", pinned: "Revoked" };
    expect(reasons(preview.all)).toEqual(revoked);
    expect(changes(preview.all)).toEqual({
      ...{ account: "update", revoked: "update", stolen: "update", pinned: "update" },
    });
    expect(diagnosticsOf(preview.all, "stolen").join()).toMatch(/, revoked 2\d{3}-\d\d-\d\d, keyCompromise$/);
    expect(diagnosticsOf(preview.all, "account")).toEqual([
      "account registers another account: at the CA the one before is deactivated.",
    ]);

    expect(reasons((await stack.up({ args: ["--refresh"] })).all)).toEqual(revoked);
    const after = await outputsByName(stack);
    expect(reissued(before, after).sort()).toEqual(["pinned", "revoked", "stolen"]);
    expect(after.account?.accountUrl).not.toBe(before.account?.accountUrl);
    // A key that somebody else has is not certified again, whatever its rotation policy.
    expect(after.pinned?.spkiSha256).toBe(before.pinned?.spkiSha256);
    expect(after.stolen?.spkiSha256).not.toBe(before.stolen?.spkiSha256);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });
});
