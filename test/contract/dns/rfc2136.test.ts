import { Resolver } from "node:dns/promises";
import { updateTxt } from "../../../sdk/solvers/dns/update";
import { rfc2136Solver } from "../../../sdk/solvers/rfc2136";
import { type Bind, type BindKey, startBind } from "../../support/bind";
import { freePorts } from "../../support/freePorts";
import { needs } from "../../support/requirements";
import { testChallenge } from "../../support/solvers/fixture";

const secret = (fill: number): string => Buffer.alloc(32, fill).toString("base64");
const keys: BindKey[] = [
  { name: "key-256", algorithm: "hmac-sha256", secret: secret(1) },
  { name: "key-384", algorithm: "hmac-sha384", secret: secret(2) },
  { name: "key-512", algorithm: "hmac-sha512", secret: secret(3) },
  { name: "narrow", algorithm: "hmac-sha256", secret: secret(4), grant: ["name _acme-challenge.example.test. TXT"] },
];

const { describe, program } = needs("named");

describe("rfc2136 with a real BIND", () => {
  let bind: Bind;
  const lines: string[] = [];
  const context = { signal: new AbortController().signal, report: (line: string) => void lines.push(line) };
  const resolver = new Resolver();

  beforeAll(async () => {
    const zones = [
      {
        name: "example.test",
        records: [
          '_acme-challenge.shared TXT "of somebody else"',
          "_acme-challenge.alias CNAME alias.dynamic.test.",
          "_acme-challenge.inner CNAME target",
        ],
      },
      { name: "dynamic.test" },
      { name: "sub.example.test" },
    ];
    bind = await startBind(program, zones, keys);
    resolver.setServers([bind.address]);
  });
  afterAll(async () => {
    resolver.cancel();
    await bind.stop();
  });

  const spec = (change: Record<string, unknown> = {}) =>
    rfc2136Solver.parse(
      {
        kind: "rfc2136",
        server: bind.address,
        keyName: "key-256",
        key: secret(1),
        resolvers: [bind.address],
        nameServers: [bind.address],
        ...change,
      },
      "dns01",
    );
  const texts = async (name: string): Promise<string[]> =>
    (await resolver.resolveTxt(name).catch(() => [] as string[][])).map((parts) => parts.join("")).sort();

  test.each(keys.slice(0, 3).map((key, at) => [key.algorithm, key.name, secret(at + 1)] as const))(
    "a record is added and deleted with %s",
    async (algorithm, keyName, key) => {
      const challenge = testChallenge("dns-01", `${algorithm}.example.test`);
      const answer = await rfc2136Solver.present(spec({ algorithm, keyName, key }), challenge, context);
      await answer.ready();
      expect(await texts(`_acme-challenge.${algorithm}.example.test`)).toEqual([challenge.digest]);
      await answer.remove();
      await answer.remove();
      expect(await texts(`_acme-challenge.${algorithm}.example.test`)).toEqual([]);
    },
  );

  test("values of others at the same name stay", async () => {
    const name = "_acme-challenge.shared.example.test";
    const [one, two] = [testChallenge("dns-01", "shared.example.test"), testChallenge("dns-01", "shared.example.test")];
    const [first, second] = await Promise.all([one, two].map((each) => rfc2136Solver.present(spec(), each, context)));
    await Promise.all([first!.ready(), second!.ready()]);
    expect(await texts(name)).toEqual(["of somebody else", one.digest, two.digest].sort());
    await first!.remove();
    expect(await texts(name)).toEqual(["of somebody else", two.digest].sort());
    await second!.remove();
    expect(await texts(name)).toEqual(["of somebody else"]);
  });

  test("two orders that share one challenge: the record stays until both are done", async () => {
    const challenge = testChallenge("dns-01", "twice.example.test");
    const [first, second] = [
      await rfc2136Solver.present(spec(), challenge, context),
      await rfc2136Solver.present(spec(), challenge, context),
    ];
    await first.remove();
    expect(await texts("_acme-challenge.twice.example.test")).toEqual([challenge.digest]);
    await second.remove();
    expect(await texts("_acme-challenge.twice.example.test")).toEqual([]);
  });

  test("a CNAME record is followed into another zone, and within the zone", async () => {
    for (const [host, target] of [
      ["alias", "alias.dynamic.test"],
      ["inner", "target.example.test"],
    ] as const) {
      const challenge = testChallenge("dns-01", `${host}.example.test`);
      const answer = await rfc2136Solver.present(spec(), challenge, context);
      await answer.ready();
      expect(await texts(target)).toEqual([challenge.digest]);
      await answer.remove();
      expect(await texts(target)).toEqual([]);
    }
  });

  test("what an earlier process left is removed, and nothing else", async () => {
    const challenge = testChallenge("dns-01", "left.example.test");
    await rfc2136Solver.present(spec(), testChallenge("dns-01", "left.example.test"), context);
    const before = await texts("_acme-challenge.left.example.test");
    // As another process would: the count of this one does not know it.
    const key = { name: "key-256", algorithm: "hmac-sha256" as const, secret: Buffer.from(secret(1), "base64") };
    const server = { address: "127.0.0.1", port: bind.port };
    const wanted = { change: "add" as const, fqdn: "_acme-challenge.left.example.test", value: challenge.digest };
    await updateTxt(wanted, { server, zone: "example.test", key, ttl: 60, signal: context.signal });
    expect(await texts("_acme-challenge.left.example.test")).toHaveLength(2);
    await rfc2136Solver.removeLeftover!(spec(), challenge, context);
    expect(await texts("_acme-challenge.left.example.test")).toEqual(before);
  });

  test("the nearest zone is updated", async () => {
    const answer = await rfc2136Solver.present(spec(), testChallenge("dns-01", "a.sub.example.test"), context);
    await answer.ready();
    expect(bind.output()).toContain("updating zone 'sub.example.test/IN'");
    await answer.remove();
  });

  test.each([
    ["a key the server does not know", { keyName: "nobody" }, /does not know the key "nobody".*BADKEY/],
    ["a wrong secret", { key: secret(9) }, /does not accept the signature.*BADSIG/],
    ["another algorithm", { algorithm: "hmac-sha512" }, /does not know the key.*for hmac-sha512/],
    ["no key", { keyName: undefined, key: undefined }, /takes none without a key.*REFUSED/],
    ["a key without the right", { keyName: "narrow", key: secret(4) }, /"narrow" may not change TXT.*update-policy/],
    ["a zone it does not have", { zone: "nowhere.test" }, /not (authoritative|in the zone)/],
  ])("before an order: %s", async (_, change, message) => {
    const check = rfc2136Solver.preflight!(spec(change), ["a.example.test"], context);
    await expect(check).rejects.toMatchObject({ failureClass: "fatal" });
    await expect(rfc2136Solver.preflight!(spec(change), ["a.example.test"], context)).rejects.toThrow(message);
    const text = String(await check.catch((error: unknown) => error));
    for (const { secret: hidden } of keys) expect(text).not.toContain(hidden);
    expect(text).not.toContain(secret(9));
  });

  test("before an order: right credentials change nothing", async () => {
    await rfc2136Solver.preflight!(spec(), ["a.example.test", "*.a.example.test"], context);
    expect(await texts("_acme-challenge.a.example.test")).toEqual([]);
    await rfc2136Solver.preflight!(spec({ keyName: "narrow", key: secret(4) }), ["example.test"], context);
  });

  test("before an order: a name that no zone of the server holds", async () => {
    await expect(rfc2136Solver.preflight!(spec(), ["x.elsewhere.test"], context)).rejects.toThrow("REFUSED");
  });

  test("a secondary that lags behind is waited for", async () => {
    const [port = 0] = await freePorts(1);
    const primary = await startBind(program, [{ name: "lag.test" }], keys, [port]);
    const secondary = await startBind(program, [{ name: "lag.test", primary }], [], [], port);
    try {
      lines.length = 0;
      const own = spec({
        server: primary.address,
        resolvers: [primary.address],
        nameServers: [primary.address, secondary.address],
      });
      const answer = await rfc2136Solver.present(own, testChallenge("dns-01", "a.lag.test"), context);
      await answer.ready();
      expect(lines[lines.length - 1]).toBe("_acme-challenge.a.lag.test: 3 of 3 name servers have it");
      await answer.remove();
    } finally {
      await secondary.stop();
      await primary.stop();
    }
  });
});
