import { X509Certificate } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bind, startBind } from "../support/bind";
import { createStack, type Stack } from "../support/engine";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy";
import { held, unanswered } from "../support/faults";
import { type Pebble, startPebble } from "../support/pebble";
import { outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";
import { RunningServers } from "../support/runningServers";
import { until } from "../support/until";

/** By the name of a certificate or member. */
type DnsNames = Readonly<Record<string, readonly string[]>>;

const secret = Buffer.alloc(32, 9).toString("base64");
const challengeAt = (name: string): string => `_acme-challenge.${name}`;

needs("named").describe("certificates by dns-01 through a BIND that Pebble asks", () => {
  const servers = new RunningServers();
  const resolver = new Resolver();
  let bind: Bind;
  let pebble: Pebble;
  let proxy: FaultProxy;
  let stack: Stack;
  /** TMPDIR of the runs. */
  let temporary: string;

  /** A certificate for each name of `certificates`, with these DNS names, and a set of `members`. */
  const write = (certificates: DnsNames, members: DnsNames = {}): void =>
    stack.write(`
      const { AcmeAccount, Certificate, CertificateSet, rfc2136 } = require("pulumi-certificates");
      const dns = ${JSON.stringify({ resolvers: [bind.address], nameServers: [bind.address] })};
      const issuer = new AcmeAccount("account", {
        directory: ${JSON.stringify(proxy.directoryUrl)},
        caBundlePem: ${JSON.stringify(proxy.caBundlePem)},
        solvers: [{ dns01: rfc2136({ server: "${bind.address}", keyName: "acme", key: "${secret}", ...dns }) }],
      });
      for (const [name, dnsNames] of Object.entries(${JSON.stringify(certificates)}))
        new Certificate(name, { issuer, dnsNames });
      const members = Object.entries(${JSON.stringify(members)}).map(([name, dnsNames]) => [name, { dnsNames }]);
      if (members.length > 0) new CertificateSet("fleet", { issuer, members: Object.fromEntries(members) });`);

  beforeAll(async () => {
    const keys = [{ name: "acme", algorithm: "hmac-sha256", secret } as const];
    bind = await servers.add(startBind(needs("named").program, [{ name: "example.test" }], keys));
    resolver.setServers([bind.address]);
    pebble = await servers.add(startPebble({ validationDns: bind.address, retryAfter: { authz: 0, order: 0 } }));
    proxy = await servers.add(startFaultProxy(pebble));
    temporary = mkdtempSync(join(tmpdir(), "acme-dns-"));
    stack = await createStack({ program: "" });
  });
  afterEach(() => {
    proxy.inject();
    proxy.clear();
  });
  afterAll(() => {
    resolver.cancel();
    rmSync(temporary, { recursive: true });
  });

  const textsAt = async (name: string): Promise<string[]> =>
    (await resolver.resolveTxt(challengeAt(name)).catch(nothingFound)).flat();
  const up = () => stack.up({ env: { TMPDIR: temporary } });
  const namesOf = async (name: string): Promise<string | undefined> =>
    new X509Certificate((await outputsByName(stack))[name]?.certificatePem).subjectAltName;

  /** Kills the provider when the answers to so many challenges are in place, before the CA looks at them. */
  async function killWithAnswers(count: number): Promise<void> {
    const waiting = new Set<string>();
    proxy.inject(({ kind, path }) => (kind === "challenge" ? (waiting.add(path), unanswered) : undefined));
    const running = stack.start(["up", "--yes", "--skip-preview"], { TMPDIR: temporary });
    await until(`${count} answered challenges`, () => waiting.size === count, 60_000);
    expect(readdirSync(join(stack.stateFolder, "orders")).filter((file) => file.endsWith(".order"))).toHaveLength(
      count,
    );
    running.killStarted(/dynamic-provider/);
    await running.done;
    proxy.inject();
  }

  /** Nothing is left of what a run keeps between runs, and no private key in a file of the system's. */
  function expectNoFiles(): void {
    expect(filesBelow(stack.stateFolder)).toEqual([]);
    const keys = filesBelow(temporary).filter((path) => readFileSync(path, "latin1").includes("PRIVATE KEY"));
    expect(keys).toEqual([]);
  }

  test("three that need the same TXT name at the same moment do not disturb each other", async () => {
    const waiting: (() => void)[] = [];
    proxy.inject(({ kind }) =>
      kind === "challenge" ? held(new Promise<void>((resolve) => waiting.push(resolve))) : undefined,
    );
    write({ apex: ["example.test"], wildcard: ["*.example.test"], twin: ["example.test"] });
    const inPlace = async (count: number): Promise<string[]> => {
      const areThere = async () => waiting.length === 3 && (await textsAt("example.test")).length === count;
      await until(`${count} answers`, areThere, 60_000);
      return textsAt("example.test");
    };
    // The CA looks at one answer when all are in place, and at the others when that one is gone.
    const watch = async (): Promise<string[][]> => {
      const all = await inPlace(3);
      const [first, ...others] = waiting;
      first?.();
      const rest = await inPlace(2);
      for (const release of others) release();
      return [all, rest];
    };
    const [, [all, rest = []]] = await Promise.all([up(), watch()]);
    expect(new Set(all).size).toBe(3);
    expect(all).toEqual(expect.arrayContaining(rest));
    expect([await namesOf("apex"), await namesOf("twin")]).toEqual(["DNS:example.test", "DNS:example.test"]);
    expect(await namesOf("wildcard")).toBe("DNS:*.example.test");
    expect(await pebble.orders()).toBe(3);
    expect(await textsAt("example.test")).toEqual([]);
    expectNoFiles();
  });

  test("the records that a killed run left are removed by the next, also those for names that are no longer wanted", async () => {
    const before = await pebble.orders();
    const members = { one: ["one.example.test"], two: ["two.example.test"] };
    write({ killed: ["killed.example.test"], moved: ["from.example.test"] }, members);
    await killWithAnswers(4);
    const left = ["killed.example.test", "from.example.test", "one.example.test", "two.example.test"];
    expect(await Promise.all(left.map(textsAt))).toEqual(left.map(() => [expect.any(String)]));
    write({ killed: ["killed.example.test"], moved: ["to.example.test"] }, members);
    await up();
    expect([await namesOf("killed"), await namesOf("moved")]).toEqual([
      "DNS:killed.example.test",
      "DNS:to.example.test",
    ]);
    expect(await pebble.orders()).toBe(before + 5);
    expect(await Promise.all([...left, "to.example.test"].map(textsAt))).toEqual([[], [], [], [], []]);
    expectNoFiles();
  });

  test("where the journal is lost, one new order is placed, and only the record of the killed run is left", async () => {
    const before = await pebble.orders();
    write({ lost: ["lost.example.test"] });
    await killWithAnswers(1);
    const left = await textsAt("lost.example.test");
    rmSync(stack.stateFolder, { recursive: true });
    await up();
    expect(await namesOf("lost")).toBe("DNS:lost.example.test");
    expect(await pebble.orders()).toBe(before + 2);
    expect(await textsAt("lost.example.test")).toEqual(left);
    expectNoFiles();
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function nothingFound(error: unknown): string[][] {
  if (["ENODATA", "ENOTFOUND"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
  throw error;
}
