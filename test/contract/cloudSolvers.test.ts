import { AcmeError } from "../../sdk/acme/problem";
import type { Answer, SolverContext } from "../../sdk/solvers/solver";
import { azureDnsFixture } from "../support/solvers/azureDns";
import { startAzureDns } from "../support/solvers/azureDnsStandIn";
import { type TestCloud, startCloud } from "../support/solvers/cloudFixture";
import type { CloudStandIn } from "../support/solvers/cloudStandIn";
import { cloudflareFixture } from "../support/solvers/cloudflare";
import { startCloudflare } from "../support/solvers/cloudflareStandIn";
import { digitalOceanFixture } from "../support/solvers/digitalOcean";
import { startDigitalOcean } from "../support/solvers/digitalOceanStandIn";
import { googleCloudDnsFixture } from "../support/solvers/googleCloudDns";
import { rateLimitExceeded, startGoogleCloudDns } from "../support/solvers/googleCloudDnsStandIn";
import { route53Fixture } from "../support/solvers/route53";
import { priorRequestNotComplete, startRoute53 } from "../support/solvers/route53StandIn";
import { testChallenge, type SolverFixture } from "../support/solvers/fixture";
import type { StandInAnswer } from "../support/solvers/standIn";

interface CloudCase {
  readonly fixture: SolverFixture;
  readonly start: () => Promise<CloudStandIn>;
  /** How the service is called in messages. */
  readonly named: string;
  /** Rights that a refusal names. */
  readonly rights: RegExp;
  /** The request that adds a value, and what the service answers when there are too many. */
  readonly change: RegExp;
  readonly throttled: StandInAnswer;
}

const tooMany = { status: 429, headers: { "retry-after": "0" }, body: {} };

const cases: readonly CloudCase[] = [
  {
    fixture: cloudflareFixture,
    start: startCloudflare,
    named: "Cloudflare",
    rights: /Zone:Zone:Read and Zone:DNS:Edit/,
    change: /^POST .*dns_records$/,
    throttled: tooMany,
  },
  {
    fixture: digitalOceanFixture,
    start: startDigitalOcean,
    named: "DigitalOcean",
    rights: /domain:read, domain:create, domain:update and domain:delete/,
    change: /^POST .*records$/,
    throttled: tooMany,
  },
  {
    fixture: route53Fixture,
    start: startRoute53,
    named: "Route 53",
    rights: /route53:ListResourceRecordSets and route53:ChangeResourceRecordSets/,
    change: /^POST .*rrset$/,
    throttled: priorRequestNotComplete,
  },
  {
    fixture: azureDnsFixture,
    start: startAzureDns,
    named: "Azure DNS",
    rights: /DNS Zone Contributor/,
    change: /^PUT .*TXT/,
    throttled: tooMany,
  },
  {
    fixture: googleCloudDnsFixture,
    start: startGoogleCloudDns,
    named: "Google Cloud DNS",
    rights: /roles\/dns\.admin in the project dns-project-1/,
    change: /^POST .*changes$/,
    throttled: rateLimitExceeded,
  },
];

describe.each(cases.map((one) => [one.fixture.kind.kind, one] as const))("%s", (_kind, given) => {
  const { kind } = given.fixture;
  const record = "_acme-challenge.web.example.com";
  let cloud: TestCloud;
  let said: string[];
  let presented: Answer[];
  const context: SolverContext = { signal: new AbortController().signal, report: (line) => void said.push(line) };

  beforeEach(async () => {
    cloud = await startCloud(given.start, 2);
    said = [];
    presented = [];
  });
  afterEach(async () => {
    for (const answer of presented) await answer.remove();
    await cloud.close();
  });

  const specWith = (more: Record<string, unknown> = {}) => kind.parse({ ...cloud.args, ...more }, "solver");
  const challenge = (name = "web.example.com") => testChallenge("dns-01", name);
  const present = async (one = challenge()): Promise<Answer> => {
    const answer = await kind.present(specWith(), one, context);
    presented.push(answer);
    return answer;
  };
  const preflight = (names: readonly string[], more?: Record<string, unknown>) =>
    kind.preflight?.(specWith(more), names, context);
  const refusal = async (work: Promise<unknown> | undefined): Promise<AcmeError> => {
    const error: unknown = await Promise.resolve(work).then(
      () => new Error("nothing was refused"),
      (reason: unknown) => reason,
    );
    if (!(error instanceof AcmeError)) throw error;
    const text = JSON.stringify([error.message, error.stack, said]);
    for (const args of [cloud.args, cloud.service.wrong, cloud.service.readOnly])
      for (const name of kind.secrets) if (typeof args[name] === "string") expect(text).not.toContain(args[name]);
    return error;
  };

  test("accepts names whose zones it may change, and leaves nothing behind", async () => {
    cloud.service.put(record, "somebody else's");
    await preflight(["web.example.com", "*.example.com", "a.sub.example.com", "example.com"]);
    expect(cloud.service.values(record)).toEqual(["somebody else's"]);
    expect(cloud.service.values("_acme-challenge.example.com")).toEqual([]);
  });

  test("credentials that are wrong are refused before an order is placed", async () => {
    const error = await refusal(preflight(["web.example.com"], cloud.service.wrong));
    expect(error.message).toMatch(given.named);
    expect(error.message).toMatch(/refused the credentials/);
    expect(error.message).toMatch(given.rights);
    expect(error.failureClass).toBe("fatal");
    expect(error.details.isIssuersFault ?? false).toBe(false);
  });

  test("credentials that may only read are refused before an order is placed, and nothing is changed", async () => {
    cloud.service.put(record, "somebody else's");
    const error = await refusal(preflight(["web.example.com"], cloud.service.readOnly));
    expect(error.message).toMatch(given.rights);
    expect(cloud.service.values(record)).toEqual(["somebody else's"]);
  });

  test("a name whose zone is not in the account is refused before an order is placed", async () => {
    const error = await refusal(preflight(["web.example.com", "www.example.net"]));
    expect(error.message).toMatch(
      `${given.named} shows these credentials no zone that holds _acme-challenge.www.example.net.`,
    );
    expect(error.message).toMatch(given.rights);
  });

  test("a missing secret is named", async () => {
    const [secret = ""] = kind.secrets;
    const attempt = kind.present(specWith({ [secret]: undefined }), challenge(), context);
    await expect(attempt).rejects.toMatchObject({
      code: "CredentialsMissing",
      message: expect.stringContaining(secret),
    });
  });

  test("an answer is ready when the name servers have it, and is removed", async () => {
    const one = challenge();
    const answer = await present(one);
    await answer.ready();
    expect(cloud.servers.queries(record)).toBeGreaterThan(2);
    expect(cloud.service.values(record)).toEqual([one.digest]);
    await answer.remove();
    await answer.remove();
    expect(cloud.service.values(record)).toEqual([]);
  });

  test("values of others at the same name stay, whenever they came", async () => {
    cloud.service.put(record, "before");
    cloud.service.meanwhile(given.change, () => cloud.service.put(record, "meanwhile"));
    const one = challenge();
    const answer = await present(one);
    expect([...cloud.service.values(record)].sort()).toEqual(["before", "meanwhile", one.digest].sort());
    cloud.service.put(record, "after");
    await answer.remove();
    expect([...cloud.service.values(record)].sort()).toEqual(["after", "before", "meanwhile"]);
  });

  test("two answers for one name stand side by side", async () => {
    const [first, second] = [challenge(), challenge()];
    const answers = await Promise.all([present(first), present(second)]);
    expect([...cloud.service.values(record)].sort()).toEqual([first.digest, second.digest].sort());
    await answers[0]?.remove();
    expect(cloud.service.values(record)).toEqual([second.digest]);
  });

  test("an answer that is there already is no failure, and there only once", async () => {
    const one = challenge();
    cloud.service.put(record, one.digest);
    await present(one);
    expect(cloud.service.values(record)).toEqual([one.digest]);
  });

  test("what a killed run left behind is removed, and nothing else", async () => {
    const one = challenge();
    cloud.service.put(record, one.digest);
    cloud.service.put(record, "somebody else's");
    await kind.removeLeftover?.(specWith(), one, context);
    await kind.removeLeftover?.(specWith(), one, context);
    expect(cloud.service.values(record)).toEqual(["somebody else's"]);
  });

  test("too many requests are waited out", async () => {
    cloud.service.failOnce(given.change, given.throttled);
    const one = challenge();
    await present(one);
    expect(cloud.service.values(record)).toEqual([one.digest]);
    expect(cloud.service.requests.filter((line) => given.change.test(line)).length).toBeGreaterThan(1);
  });

  test("an error of the server is tried again", async () => {
    cloud.service.failOnce(given.change, { status: 503, headers: { "retry-after": "0" }, body: "<html>busy</html>" });
    const one = challenge();
    await present(one);
    expect(cloud.service.values(record)).toEqual([one.digest]);
  });

  test("a run that is given up ends its waits", async () => {
    const controller = new AbortController();
    cloud.service.failOnce(given.change, { ...given.throttled, headers: { "retry-after": "30" } });
    cloud.service.meanwhile(given.change, () => setImmediate(() => controller.abort(new Error("given up"))));
    const attempt = kind.present(specWith(), challenge(), { ...context, signal: controller.signal });
    await expect(attempt).rejects.toThrow();
    expect(controller.signal.aborted).toBe(true);
  });
});
