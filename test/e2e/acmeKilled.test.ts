import { X509Certificate, createPrivateKey } from "node:crypto";
import { rmSync } from "node:fs";
import { createStack, type Stack } from "../support/engine";
import type { AcmeRequestKind } from "../support/acmeRequests";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy";
import { type Pebble, startPebble } from "../support/pebble";
import { unanswered } from "../support/faults";
import { outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";
import { until } from "../support/until";

const steps: AcmeRequestKind[] = ["authorization", "challenge", "finalize", "certificate"];

needs("pebble").describe("an order whose run is killed or fails", () => {
  let pebble: Pebble;
  let proxy: FaultProxy;
  let stack: Stack;

  const write = (names: readonly string[]): void =>
    stack.write(`
      const { AcmeAccount, Certificate, standalone } = require("pulumi-certificates");
      const issuer = new AcmeAccount("pebble", {
        directory: ${JSON.stringify(proxy.directoryUrl)},
        caBundlePem: ${JSON.stringify(proxy.caBundlePem)},
        solvers: [{ http01: standalone({ port: ${pebble.httpPort}, address: "127.0.0.1" }) }],
      });
      for (const name of ${JSON.stringify(names)}) new Certificate(name, { issuer, dnsNames: [name + ".example"] });`);

  beforeAll(async () => {
    pebble = await startPebble({ answersChallenges: false });
    proxy = await startFaultProxy(pebble);
    stack = await createStack({ program: "" });
    write([]);
    await stack.up();
  });
  afterAll(async () => {
    await proxy.stop();
    await pebble.stop();
  });

  /**
   * Kills the provider while it waits for the answer to its first request of this kind, which the CA does not see: asked
   * for a validation, it would find nobody listening any more and end the order.
   */
  async function killAt(step: AcmeRequestKind, name: string): Promise<void> {
    let isThere = false;
    proxy.inject(({ kind }) => {
      if (kind !== step) return undefined;
      isThere = true;
      return unanswered;
    });
    write([name]);
    const running = stack.start(["up", "--yes", "--skip-preview"]);
    await until(`the request for the ${step}`, () => isThere, 60_000);
    running.killStarted(/dynamic-provider/);
    await running.done;
    proxy.inject();
  }

  async function expectFinished(name: string): Promise<void> {
    await stack.up();
    const { [name]: certificate } = await outputsByName(stack);
    const leaf = new X509Certificate(certificate?.certificatePem);
    expect(leaf.subjectAltName).toBe(`DNS:${name}.example`);
    expect(leaf.checkPrivateKey(createPrivateKey(certificate?.privateKeyPem))).toBe(true);
    await stack.preview({ args: ["--expect-no-changes"] });
  }

  test.each(steps)("at its %s is finished by the next run, and no other is placed", async (step) => {
    const before = await pebble.orders();
    await killAt(step, step);
    await expectFinished(step);
    expect(await pebble.orders()).toBe(before + 1);
  });

  test("costs one new order at most where its journal is lost", async () => {
    const before = await pebble.orders();
    await killAt("finalize", "lost");
    rmSync(stack.stateFolder, { recursive: true });
    await expectFinished("lost");
    expect(await pebble.orders()).toBeLessThanOrEqual(before + 2);
  });

  test("that fails is in the state, encrypted, and is finished by the next run on another machine", async () => {
    const before = await pebble.orders();
    write(["failed"]);
    const program = stack.read();
    stack.write(
      program
        .replace(/standalone\(.*?\)/, 'exec({ style: "certbot", command: ["/bin/false"] })')
        .replace("standalone", "exec"),
    );
    const failed = await stack.up({ fails: true });
    expect(failed.all).toContain("Control of failed.example could not be shown.");
    const { pendingOrder } = await stack.resource("failed");
    expect(pendingOrder.certificateKeyPem).toContain("PRIVATE KEY");
    expect(stack.stateFile()).not.toContain(pendingOrder.csrDer);
    rmSync(stack.stateFolder, { recursive: true });
    stack.write(program);
    await expectFinished("failed");
    expect(await pebble.orders()).toBe(before + 1);
    expect(await stack.resource("failed")).not.toHaveProperty("pendingOrder");
  });
});
