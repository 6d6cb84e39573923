import { formatDay } from "../../sdk/duration";
import { createStack, type Stack } from "../support/engine";
import { type Pebble, startPebble } from "../support/pebble";
import { daysFromNow, outputsByName, reissued } from "../support/renewals";
import { needs } from "../support/requirements";

const day = 86_400;
const profiles = Object.fromEntries(
  [90, 85, 82].map((days) => [`d${days}`, { description: `${days} days`, validityPeriod: days * day }]),
);

needs("pebble").describe("the limits of an ACME CA", () => {
  let pebble: Pebble;
  let stack: Stack;
  let directory: string;

  const program = (most: number, more = ""): string => `
    const { AcmeAccount, Certificate, CertificateSet, standalone } = require("pulumi-certificates");
    const account = new AcmeAccount("pebble", {
      directory: ${JSON.stringify(pebble.directoryUrl)},
      caBundlePem: ${JSON.stringify(pebble.caBundlePem)},
      solvers: [{ http01: standalone({ port: ${pebble.httpPort}, address: "127.0.0.1" }) }],
      rateLimits: { domain: { count: ${most}, per: "7d" } },
    });
    const certificate = (name, profile, args) =>
      new Certificate(name, { issuer: account, dnsNames: [name + ".example.com"], profile, ...args });
    certificate("a", "d90");
    certificate("b", "d90");
    certificate("c", "d82");
    const members = { d: { dnsNames: ["d.example.com"] }, e: { dnsNames: ["e.example.com"] } };
    const fleet = new CertificateSet("fleet", { issuer: account, profile: "d85", members });
    exports.certificates = fleet.certificates;
    exports.failures = fleet.failures;
    ${more}`;

  const forecasts = (output: string): string[] =>
    output.split("\n").flatMap((line) => /^ {4}(\d+ orders? on .*)/.exec(line)?.[1] ?? []);
  const inDays = (days: number): string => formatDay(Date.now() + days * 86_400_000);

  beforeAll(async () => {
    pebble = await startPebble({ answersChallenges: false, profiles });
    directory = new URL(pebble.directoryUrl).host;
    stack = await createStack({ program: program(3), config: { "certificates:allowTimeTravel": "true" } });
  });
  afterAll(() => pebble.stop());

  test("the first preview forecasts the orders once, and names the day for those that must wait", async () => {
    const { all } = await stack.preview();
    expect(forecasts(all)).toEqual([
      `5 orders on ${directory}: example.com 5 of 3 this week`,
      `2 orders on ${directory} must wait: fleet/d until ${inDays(7 / 3)} (example.com); fleet/e until ${inDays(14 / 3)} (example.com)`,
    ]);
    expect(await pebble.orders()).toBe(0);
  });

  test("another limit counts at once; the update itself says nothing", async () => {
    stack.write(program(8));
    const { all } = await stack.up();
    expect(forecasts(all)).toEqual([]);
    expect(await pebble.orders()).toBe(5);
  });

  test("of those that the CA wants renewed the ones with the least life left go, and the others keep their certificate", async () => {
    const before = await outputsByName(stack);
    const members = Object.values((await stack.outputs()).certificates as Record<string, string>);
    const [start, end] = [-3, -1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
    for (const pem of [before.a?.certificatePem, before.b?.certificatePem, before.c?.certificatePem, ...members])
      await pebble.setRenewalInfo(pem, { suggestedWindow: { start, end } });
    stack.write(program(8, 'certificate("z", "d90", { pendingFirstIssuance: true });'));
    // The engine shows the provider one resource after another: whose life ends first is known from the preview.
    const { all } = await stack.up({ args: ["--skip-preview=false", "--refresh", "--parallel=1"] });
    const days = [7 / 8, 14 / 8, 21 / 8].map(inDays);
    // By the time of day, the first two can be on one day.
    const first = ["a", "b", "z"].filter((_, index) => days[index] === days[0]);
    expect(forecasts(all)).toEqual([
      `6 orders on ${directory}: example.com 11 of 8 this week`,
      expect.stringContaining(`3 orders on ${directory} must wait: ${first.join(", ")} until ${days[0]}`),
    ]);
    expect(all).toMatch(/d is due \[Renewing\]: due since .*\n.*e is due \[Renewing\]: due since /);
    const after = await outputsByName(stack);
    expect(reissued(before, after)).toEqual(["c"]);
    expect((await stack.outputs()).failures).toEqual({});
    expect(Object.values((await stack.outputs()).certificates as object)).not.toEqual(expect.arrayContaining(members));
    expect(await pebble.orders()).toBe(8);
    const held = `The limit of ${directory} for example.com, 8 in 7d, lets the order through on`;
    expect([after.a, after.b, after.z].map((outs) => outs?.lastFailure)).toEqual(days.map((on) => `${held} ${on}.`));
    expect([after.a, after.b].map((outs) => formatDay(outs?.nextAttemptAt))).toEqual(days.slice(0, 2));
    expect(all).toContain(`certificate in use was kept: ${held} ${days[0]}.`);
  });

  test("when places have come back, the next run goes on", async () => {
    const before = await outputsByName(stack);
    stack.clock(daysFromNow(3));
    await stack.up();
    const after = await outputsByName(stack);
    expect(reissued(before, after)).toEqual(expect.arrayContaining(["a", "b", "z"]));
    expect(after.a?.lastFailure).toBeUndefined();
    expect(await pebble.orders()).toBe(11);
  });
});
