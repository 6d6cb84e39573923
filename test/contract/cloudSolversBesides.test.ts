import type { SolverContext } from "../../sdk/solvers/solver";
import { azureDnsFixture } from "../support/solvers/azureDns";
import { startAzureDns } from "../support/solvers/azureDnsStandIn";
import { type TestCloud, startCloud } from "../support/solvers/cloudFixture";
import type { CloudStandIn } from "../support/solvers/cloudStandIn";
import { googleCloudDnsFixture } from "../support/solvers/googleCloudDns";
import { startGoogleCloudDns } from "../support/solvers/googleCloudDnsStandIn";
import { route53Fixture } from "../support/solvers/route53";
import { startRoute53 } from "../support/solvers/route53StandIn";
import { testChallenge } from "../support/solvers/fixture";

describe("route53, besides", () => {
  let cloud: TestCloud;
  const { kind } = route53Fixture;
  const context: SolverContext = { signal: new AbortController().signal, report: () => undefined };
  const record = "_acme-challenge.web.example.com";

  beforeEach(async () => void (cloud = await startCloud(startRoute53)));
  afterEach(() => cloud.close());

  const present = (more: Record<string, unknown>, name = "web.example.com") =>
    kind.present(kind.parse({ ...cloud.args, ...more }, "solver"), testChallenge("dns-01", name), context);

  test("takes on a role, with its external id", async () => {
    const roleArn = "arn:aws:iam::123456789012:role/dns";
    await present({ roleArn, externalId: "stack-7" });
    expect(cloud.service.values(record)).toHaveLength(1);
    await expect(present({ roleArn, externalId: "stack-8" })).rejects.toThrow(
      /refused the credentials.*not authorized to perform: sts:AssumeRole/,
    );
  });

  test("is ready only when the change is INSYNC", async () => {
    const answer = await present({ checkPropagation: false });
    const polls = () => cloud.service.requests.filter((line) => line.includes("/change/")).length;
    expect(polls()).toBe(0);
    await answer.ready();
    expect(polls()).toBe(2);
  });

  test("with a hosted zone lists none, and says so if a name is not in it", async () => {
    await present({ hostedZoneId: "/hostedzone/Z00001EXAMPLE" });
    expect(cloud.service.requests.join()).not.toContain("hostedzonesbyname");
    const spec = kind.parse({ ...cloud.args, hostedZoneId: "Z00002EXAMPLE" }, "solver");
    await expect(kind.preflight?.(spec, ["web.example.com"], context)).rejects.toThrow(/no zone that holds/);
    await expect(present({ hostedZoneId: "ZNOWHERE" })).rejects.toThrow(/no zone that holds.*hostedZoneId/);
  });

  test("passes over a private zone of the same name", async () => {
    await present({}, "web.example.org");
    expect(cloud.service.values("_acme-challenge.web.example.org")).toHaveLength(1);
  });
});

describe("azureDns and googleCloudDns, besides", () => {
  const context: SolverContext = { signal: new AbortController().signal, report: () => undefined };
  const record = "_acme-challenge.web.example.com";
  let cloud: TestCloud | undefined;
  afterEach(async () => {
    await cloud?.close();
    cloud = undefined;
  });

  test("what others wrote about a record set in Azure stays", async () => {
    const service = await startAzureDns();
    cloud = await startCloud(() => Promise.resolve(service));
    service.put(record, "somebody else's");
    service.describe(record, { team: "mail" });
    const spec = azureDnsFixture.kind.parse(cloud.args, "solver");
    await (await azureDnsFixture.kind.present(spec, testChallenge("dns-01", "web.example.com"), context)).remove();
    expect(service.requests.filter((line) => line.startsWith("PUT"))).toHaveLength(2);
    expect(service.metadata(record)).toEqual({ team: "mail" });
    expect(service.values(record)).toEqual(["somebody else's"]);
  });

  test("one access token serves a run", async () => {
    for (const [start, kind] of [
      [startAzureDns, azureDnsFixture.kind],
      [startGoogleCloudDns, googleCloudDnsFixture.kind],
    ] as const) {
      const service: CloudStandIn = await start();
      const one = await startCloud(() => Promise.resolve(service));
      const spec = kind.parse(one.args, "solver");
      const names = ["a.example.com", "b.example.com", "c.example.org"];
      await kind.preflight?.(spec, names, context);
      await Promise.all(names.map((name) => kind.present(spec, testChallenge("dns-01", name), context)));
      expect(service.requests.filter((line) => line.includes("token"))).toHaveLength(1);
      await one.close();
    }
  });

  test("a managed zone that is named is used without looking for others", async () => {
    const { kind } = googleCloudDnsFixture;
    cloud = await startCloud(startGoogleCloudDns);
    const named = (managedZone: string) => kind.parse({ ...cloud?.args, managedZone }, "solver");
    const challenge = testChallenge("dns-01", "web.example.com");
    await kind.present(named("example-com"), challenge, context);
    expect(cloud.service.values(record)).toEqual([challenge.digest]);
    for (const zone of ["example-org", "no-such-zone"])
      await expect(kind.preflight?.(named(zone), ["web.example.com"], context)).rejects.toThrow(/no zone that holds/);
  });
});
