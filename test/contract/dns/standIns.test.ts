import { acmeDnsSolver } from "../../../sdk/solvers/acmeDns";
import { httpReqSolver } from "../../../sdk/solvers/httpReq";
import { startDnsServer } from "../../support/dnsServer";
import { type AcmeDnsStandIn, startAcmeDns } from "../../support/solvers/acmeDnsStandIn";
import { testChallenge } from "../../support/solvers/fixture";
import { startHttpReq } from "../../support/solvers/httpReqStandIn";

const context = { signal: new AbortController().signal, report: () => undefined };
const challenge = (name: string) => testChallenge("dns-01", name);

describe("acmeDns", () => {
  let service: AcmeDnsStandIn;
  beforeEach(async () => {
    service = await startAcmeDns();
  });
  afterEach(() => service.close());

  const spec = (change: Record<string, unknown> = {}) => {
    const dns = { resolvers: [service.dns.text], nameServers: [service.dns.text] };
    return acmeDnsSolver.parse(
      { kind: "acmeDns", url: service.url, ...service.registration, ...dns, ...change },
      "dns01",
    );
  };
  const check = (names: string[], change?: Record<string, unknown>) =>
    acmeDnsSolver.preflight!(spec(change), names, context);

  test("before an order: the registration is checked without changing a value", async () => {
    await check(["a.example.com", "*.a.example.com"]);
    expect(service.values()).toEqual([]);
    expect(service.requests).toEqual(["POST /update"]);
  });

  test.each([
    ["a wrong password", { password: "x".repeat(40) }],
    ["a user that is not registered", { username: "11111111-25f1-4e0e-a1a4-0f0a1c7b6a11" }],
  ])("before an order: %s", async (_, change) => {
    const failure = check(["a.example.com"], change);
    await expect(failure).rejects.toMatchObject({ failureClass: "fatal" });
    await expect(failure).rejects.toThrow(/acme-dns refused the credentials.*forbidden.*Check username/s);
    const text = String(await failure.catch((error: unknown) => error));
    expect(text).not.toContain(service.registration.password);
    expect(text).not.toContain("x".repeat(40));
  });

  test("before an order: a name without the CNAME record is told how it must be", async () => {
    await expect(check(["x.plain.example.com"])).rejects.toThrow(
      `_acme-challenge.x.plain.example.com does not lead to the subdomain ${service.registration.subdomain}`,
    );
    expect(service.requests).toEqual([]);
  });

  test("before an order: more names than a registration has values", async () => {
    await expect(check(["a.example.com", "b.example.com", "c.example.com"])).rejects.toThrow("keeps 2 values");
  });

  test("a third challenge does not push out one that a CA still looks for", async () => {
    const [one, two] = [challenge("a.example.com"), challenge("b.example.com")];
    const [first, second] = [
      await acmeDnsSolver.present(spec(), one, context),
      await acmeDnsSolver.present(spec(), two, context),
    ];
    const third = acmeDnsSolver.present(spec(), challenge("c.example.com"), context);
    await expect(third).rejects.toMatchObject({ failureClass: "retryLater" });
    await first.ready();
    await second.ready();
    await first.remove();
    await (await acmeDnsSolver.present(spec(), challenge("c.example.com"), context)).ready();
    expect(service.values()).toContain(two.digest);
  });
});

describe("httpReq", () => {
  test("wrong credentials are told at the first challenge, and none of it is shown", async () => {
    const service = await startHttpReq("default");
    try {
      const given = { kind: "httpReq", url: service.url, username: service.username, password: "not the password" };
      const offline = { nameServers: ["127.0.0.1:9"], resolvers: [await nothing()] };
      const spec = httpReqSolver.parse({ ...given, ...offline }, "dns01");
      const failure = httpReqSolver.present(spec, challenge("a.example.com"), context);
      await expect(failure).rejects.toThrow(/refused the credentials.*Check username and password/s);
      const text = String(await failure.catch((error: unknown) => error));
      expect(text).not.toContain("not the password");
      expect(text).not.toContain(Buffer.from(`${service.username}:not the password`).toString("base64"));
    } finally {
      await service.close();
    }
  });

  const closing: (() => Promise<void>)[] = [];
  afterAll(() => Promise.all(closing.map((close) => close())));
  /** A resolver that knows no name. */
  async function nothing(): Promise<string> {
    const server = await startDnsServer(() => ({ responseCode: 3 }));
    closing.push(() => server.close());
    return server.text;
  }
});
