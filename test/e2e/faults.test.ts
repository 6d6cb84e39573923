import { X509Certificate, createPrivateKey } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createStack, type RunningCommand, type Stack } from "../support/engine";
import { outputsByName, reasons } from "../support/renewals";
import { seededRandom } from "../support/seededRandom";
import { shiftedClock } from "../support/shiftedClock";

/** Repeat a failure with `FAULTS_SEED=<the seed that was printed>`. */
const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const random = seededRandom(seed);

describe(`runs that are killed at random moments (seed ${seed})`, () => {
  let stack: Stack;
  const work = { count: 0, trigger: 0 };

  /** RSA keys take long enough to make that most moments are in the midst of the work. */
  function write(changed: Partial<typeof work>): void {
    Object.assign(work, changed);
    stack.write(`
      const { Certificate, CertificateAuthority } = require("pulumi-certificates");
      const issuer = new CertificateAuthority("root", { commonName: "Root" });
      for (let i = 0; i < ${work.count}; i++) new Certificate("leaf" + i, {
        issuer, dnsNames: ["leaf" + i + ".example"], privateKey: { algorithm: "RSA-3072" }, triggers: { trigger: "${work.trigger}" },
      });`);
  }

  async function upUntilRandomMoment(): Promise<RunningCommand> {
    const running = stack.start(["up", "--yes", "--skip-preview", "--parallel", "2"]);
    await running.waitFor(/leaf\d+ (creating|updating)/);
    await delay(random() * 3_000);
    return running;
  }

  /** What docs and error messages say is to be done after a run was killed. */
  async function recover(): Promise<void> {
    await stack.run(["cancel", "--yes"], { expectSuccess: true });
    await stack.refresh({ args: ["--clear-pending-creates"] });
  }

  /** The next run goes on: everything is there and whole, and what had been recorded is still the same. */
  async function expectNothingLost(): Promise<void> {
    const recorded = await outputsByName(stack);
    await stack.up();
    const { root, ...leaves } = await outputsByName(stack);
    expect(root?.fingerprintSha256).toBe(recorded.root?.fingerprintSha256);
    expect(Object.keys(leaves)).toHaveLength(work.count);
    for (const [name, { certificatePem, privateKeyPem, fingerprintSha256, renewal }] of Object.entries(leaves)) {
      const certificate = new X509Certificate(certificatePem);
      expect(certificate.verify(new X509Certificate(root?.certificatePem).publicKey)).toBe(true);
      expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
      expect(renewal.epoch).toBe(work.trigger + 1);
      if (recorded[name]?.renewal.epoch === renewal.epoch)
        expect(fingerprintSha256).toBe(recorded[name]?.fingerprintSha256);
    }
    expect((await stack.exportState()).deployment.pending_operations ?? []).toEqual([]);
    await stack.preview({ args: ["--expect-no-changes"] });
  }

  beforeAll(async () => {
    stack = await createStack({ program: "" });
    write({});
    await stack.up();
  });

  test("the provider", async () => {
    write({ count: 4 });
    const running = await upUntilRandomMoment();
    running.killStarted(/dynamic-provider/);
    await running.done;
    await expectNothingLost();
  });

  test("the CLI: the provider does not go on alone", async () => {
    write({ count: 8 });
    const running = await upUntilRandomMoment();
    running.kill();
    await running.done;
    await running.gone(15_000);
    await recover();
    await expectNothingLost();
  });

  test("everything at once, in the midst of renewals", async () => {
    write({ trigger: 1 });
    const running = await upUntilRandomMoment();
    running.killGroup();
    await running.done;
    await recover();
    await expectNothingLost();
  });
});

test("a clock that was set back: what is there stays, and what changes is issued, never before its CA", async () => {
  const program = (trigger: string) => `
    const { Certificate, CertificateAuthority } = require("pulumi-certificates");
    const issuer = new CertificateAuthority("root", { commonName: "Root" });
    for (const name of ["web", "api"]) new Certificate(name, { issuer, dnsNames: [name + ".example"] });
    new Certificate("changed", { issuer, dnsNames: ["changed.example"], triggers: { trigger: "${trigger}" } });`;
  const stack = await createStack({ program: program("a") });
  await stack.up();
  const before = await outputsByName(stack);
  const env = shiftedClock(stack, -10);
  await stack.preview({ args: ["--expect-no-changes"], env });
  stack.write(program("b"));
  expect(reasons((await stack.up({ env })).all)).toEqual({ changed: "TriggersChanged" });
  const after = await outputsByName(stack);
  expect(after.web).toEqual(before.web);
  const startOf = (pem: string): string => new X509Certificate(pem).validFrom;
  expect(startOf(after.changed?.certificatePem)).toBe(startOf(before.root?.certificatePem));
  expect(Date.parse(after.changed?.notAfter)).toBeLessThan(Date.parse(before.changed?.notAfter));
  await stack.preview({ args: ["--expect-no-changes"] });
});
