import { powerDnsSolver } from "../../../sdk/solvers/powerDns";
import { startDnsServer } from "../../support/dnsServer";
import { type PowerDnsServer, startPowerDns } from "../../support/powerDnsServer";
import { needs } from "../../support/requirements";
import { testChallenge } from "../../support/solvers/fixture";

const { describe, program } = needs("pdns_server");

describe("powerDns with a real PowerDNS", () => {
  let server: PowerDnsServer;
  const context = { signal: new AbortController().signal, report: () => undefined };
  const fqdn = "_acme-challenge.a.example.test";

  beforeAll(async () => {
    server = await startPowerDns(program, ["example.test", "sub.example.test"]);
  });
  afterAll(() => server.stop());

  const spec = (change: Record<string, unknown> = {}) =>
    powerDnsSolver.parse(
      {
        kind: "powerDns",
        url: server.url,
        apiKey: server.apiKey,
        resolvers: [server.address],
        nameServers: [server.address],
        ...change,
      },
      "dns01",
    );
  const texts = (): Promise<string[]> => server.texts("example.test", fqdn);

  test("a disabled record beside the answer was deleted; records of others stay, with their time to live", async () => {
    const others = [
      { content: '"of somebody else"', disabled: false },
      { content: '"switched off"', disabled: true },
    ];
    const set = { name: `${fqdn}.`, type: "TXT", ttl: 300, changetype: "REPLACE", records: others };
    await server.call("PATCH", "/zones/example.test.", { rrsets: [set] });
    const challenges = [1, 2, 3].map(() => testChallenge("dns-01", "a.example.test"));
    const answers = await Promise.all(challenges.map((each) => powerDnsSolver.present(spec(), each, context)));
    await Promise.all(answers.map((answer) => answer.ready()));
    expect((await texts()).sort()).toEqual(
      [...others.map(({ content }) => content), ...challenges.map(({ digest }) => `"${digest}"`)].sort(),
    );
    await Promise.all(answers.map((answer) => answer.remove()));
    expect((await texts()).sort()).toEqual(others.map(({ content }) => content));
    expect(await server.call("GET", "/zones/example.test.")).toContain('"ttl": 300');
    await server.call("PATCH", "/zones/example.test.", { rrsets: [{ ...set, changetype: "DELETE" }] });
  });

  test("the record set goes with its last value", async () => {
    const answer = await powerDnsSolver.present(spec(), testChallenge("dns-01", "a.example.test"), context);
    await answer.remove();
    expect(await server.call("GET", "/zones/example.test.")).not.toContain(fqdn);
  });

  test("the nearest zone is changed", async () => {
    const challenge = testChallenge("dns-01", "b.sub.example.test");
    const answer = await powerDnsSolver.present(spec(), challenge, context);
    expect(await server.texts("sub.example.test", "_acme-challenge.b.sub.example.test")).toEqual([
      `"${challenge.digest}"`,
    ]);
    await answer.remove();
  });

  test("before an order: right credentials change nothing", async () => {
    await powerDnsSolver.preflight!(spec(), ["a.example.test"], context);
    expect(await texts()).toEqual([]);
  });

  test.each([
    ["a wrong key", { apiKey: "another-key" }, ["a.example.test"], /refused the credentials.*Unauthorized.*api-key/s],
    ["another server id", { serverId: "elsewhere" }, ["a.example.test"], /Not Found/],
  ])("before an order: %s", async (_, change, names, message) => {
    const failure = powerDnsSolver.preflight!(spec(change), names, context);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow(/another-key/);
  });

  test("before an order: a name in no zone of the server", async () => {
    const outside = await startDnsServer(() => ({}));
    const elsewhere = spec({ resolvers: [outside.text] });
    const check = powerDnsSolver.preflight!(elsewhere, ["elsewhere.test"], context);
    await expect(check).rejects.toThrow(/no zone that holds _acme-challenge\.elsewhere\.test/);
    await outside.close();
  });

  test("before an order: a zone of which this server has only a copy", async () => {
    const outside = await startDnsServer(() => ({}));
    await server.call("POST", "/zones", { name: "copy.test.", kind: "Slave", masters: ["127.0.0.1"], nameservers: [] });
    const check = powerDnsSolver.preflight!(spec({ resolvers: [outside.text] }), ["copy.test"], context);
    await expect(check).rejects.toThrow("The zone copy.test. is a copy on this PowerDNS (Slave).");
    await outside.close();
  });

  test("a server that is not there is no reason to give up for ever", async () => {
    const closed = await startPowerDns(program, []);
    await closed.stop();
    const trying = powerDnsSolver.preflight!(spec({ url: closed.url }), ["a.example.test"], context);
    await expect(trying).rejects.toMatchObject({ failureClass: "retryLater" });
    await expect(trying).rejects.toThrow(/PowerDNS did not look for the zone.*ECONNREFUSED/s);
  });
});
