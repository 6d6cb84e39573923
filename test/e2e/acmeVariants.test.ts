import { X509Certificate } from "node:crypto";
import { splitPem } from "../../sdk/x509/parse";
import { createStack, type Stack } from "../support/engine";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy";
import { type Fault, lostAnswer, problem, rateLimited, reset, serverError, slow, truncated } from "../support/faults";
import { type Pebble, type PebbleOptions, startPebble } from "../support/pebble";
import { changes, daysFromNow, outputsByName, reasons, reissued } from "../support/renewals";
import { needs } from "../support/requirements";
import { RunningServers } from "../support/runningServers";

type Outputs = Awaited<ReturnType<typeof outputsByName>>;

const hmacKey = Buffer.alloc(32, 3).toString("base64url");
const dayMs = 86_400_000;
const offered: PebbleOptions = {
  alternateRoots: 2,
  profiles: {
    classic: { description: "90 days", validityPeriod: 90 * 86_400 },
    shortlived: { description: "6 days", validityPeriod: 6 * 86_400 },
  },
  retryAfter: { authz: 0, order: 0 },
  answersChallenges: false,
};
const faults: readonly Fault[] = [serverError(), rateLimited("1"), reset, lostAnswer, slow(300), truncated(20)];

needs("pebble").describe("a stack at a CA with external accounts, profiles and alternate chains", () => {
  const servers = new RunningServers();
  let staging: Pebble;
  let production: Pebble;
  let proxy: FaultProxy;
  let stack: Stack;
  let roots: string[];

  /** An account, a certificate for each name of `certificates` with these arguments, and a set. */
  const write = (account: string, certificates: Readonly<Record<string, object>>): void =>
    stack.write(`
      const { AcmeAccount, Certificate, CertificateSet, standalone } = require("pulumi-certificates");
      const issuer = new AcmeAccount("account", { ${account} profile: "classic" });
      for (const [name, args] of Object.entries(${JSON.stringify(certificates)}))
        new Certificate(name, { issuer, dnsNames: [name + ".example"], ...args });
      const member = (name) => ({ dnsNames: [name + ".example"] });
      new CertificateSet("fleet", { issuer, members: { m1: member("m1"), m2: member("m2"), m3: member("m3") } });`);
  const accountAt = ({ directoryUrl, caBundlePem }: Pebble | FaultProxy, { httpPort }: Pebble): string => `
    directory: ${JSON.stringify(directoryUrl)},
    caBundlePem: ${JSON.stringify(caBundlePem)},
    solvers: [{ http01: standalone({ port: ${httpPort}, address: "127.0.0.1" }) }],`;
  const bound = `externalAccountBinding: { keyId: "kid-1", hmacKey: "${hmacKey}" },`;

  beforeAll(async () => {
    staging = await servers.add(
      startPebble({ ...offered, nonceReject: 50, authzReuse: 100, eab: { "kid-1": hmacKey } }),
    );
    production = await servers.add(startPebble(offered));
    proxy = await servers.add(startFaultProxy(staging));
    roots = (await staging.roots()).map((pem) => nameOf(new X509Certificate(pem).subject));
    stack = await createStack({ program: "", config: { "certificates:allowTimeTravel": "true" } });
  });

  test("is created while half of all nonces are refused and one request in six fails: none lost, none ordered twice", async () => {
    const spoilt = new Set<Fault>();
    let seen = 0;
    proxy.inject(({ kind, nth }) => {
      if (kind === "renewalInfo") return problem(404, "malformed", "no renewal information");
      if (kind === "newOrder" && nth <= 3) return lostAnswer;
      const fault = ++seen % 6 === 0 ? faults[(seen / 6) % faults.length] : undefined;
      if (fault !== undefined) spoilt.add(fault);
      return fault;
    });
    write(accountAt(proxy, staging) + bound, {
      ...{ web: {}, names: {}, key: {} },
      short: { profile: "shortlived" },
      chain: { preferredChain: roots[1] },
    });
    await stack.up();
    proxy.inject();
    expect(spoilt.size).toBe(faults.length);
    const outputs = await outputsByName(stack);
    const issued = certificatesOf(outputs);
    expect(Object.keys(issued).sort()).toEqual(["chain", "key", "m1", "m2", "m3", "names", "short", "web"]);
    for (const [name, { subjectAltName }] of Object.entries(issued)) expect(subjectAltName).toBe(`DNS:${name}.example`);
    expect(await staging.orders()).toBe(8);
    expect(outputs.account).toMatchObject({ status: "valid" });
    expect([topOf(outputs.web), topOf(outputs.chain)]).toEqual([roots[0], roots[1]]);
    // Two thirds of a life, and half of one under ten days; a little earlier, so that not all come at once.
    const dueAfter = (name: string): number =>
      (Date.parse(outputs[name]?.renewal.dueAt) - Date.parse(issued[name]?.validFrom ?? "")) / dayMs;
    expect(dueAfter("web")).toBeGreaterThan(57);
    expect(dueAfter("web")).toBeLessThanOrEqual(60);
    expect(dueAfter("short")).toBeGreaterThan(2.8);
    expect(dueAfter("short")).toBeLessThanOrEqual(3);
  });

  test("other names, key types, profiles and chains re-issue in place, prove what is new only, and revoke nothing", async () => {
    const before = await outputsByName(stack);
    write(accountAt(proxy, staging) + bound, {
      web: { profile: "shortlived" },
      names: { dnsNames: ["names.example", "more.example"] },
      key: { privateKey: { algorithm: "ECDSA-P384" } },
      short: { profile: "shortlived" },
      chain: { preferredChain: roots[2] },
    });
    const { all } = await stack.preview();
    const changed = { chain: "RequestChanged", key: "RequestChanged", names: "RequestChanged", web: "RequestChanged" };
    expect(reasons(all)).toEqual(changed);
    expect(new Set(Object.values(changes(all)))).toEqual(new Set(["update"]));
    proxy.clear();
    await stack.up();
    const after = await outputsByName(stack);
    expect(reissued(before, after).sort()).toEqual(Object.keys(changed));
    expect(await staging.orders()).toBe(12);
    // A refused nonce repeats a request.
    const answered = new Set(proxy.requests.filter(({ kind }) => kind === "challenge").map(({ path }) => path));
    expect(answered.size).toBe(1);
    const orders = proxy.requests.filter(({ kind }) => kind === "newOrder").map(({ payload = "" }) => payload);
    expect(orders.filter((payload) => !payload.includes('"replaces"'))).toEqual([]);
    expect(topOf(after.chain)).toBe(roots[2]);
    expect(new X509Certificate(after.key?.certificatePem).publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1");
    expect(await statuses(staging, before)).toEqual(["Valid"]);
  });

  test("a short-lived certificate is renewed at half of its life, or when the CA says", async () => {
    const before = await outputsByName(stack);
    stack.clock(daysFromNow(1.5));
    await stack.preview({ args: ["--expect-no-changes"] });
    stack.clock(daysFromNow(2.5)); // the run after it would be too late
    expect(reasons((await stack.up()).all)).toEqual({ short: "Renewing" });
    stack.clock();
    const after = await outputsByName(stack);
    expect(reissued(before, after)).toEqual(["short"]);
    const { start, end } = after.web?.suggestedRenewal ?? {};
    const { dueAt } = after.web?.renewal ?? {};
    expect([start, dueAt, end]).toEqual([start, dueAt, end].sort());
  });

  test("moves from staging to production in place, and what staging issued is not revoked", async () => {
    const before = await outputsByName(stack);
    const placed = await staging.orders();
    const [, root = ""] = (await production.roots()).map((pem) => nameOf(new X509Certificate(pem).subject));
    write(accountAt(production, production), {
      web: { profile: "shortlived" },
      names: { dnsNames: ["names.example", "more.example"] },
      key: { privateKey: { algorithm: "ECDSA-P384" } },
      short: { profile: "shortlived" },
      chain: { preferredChain: root },
    });
    const { all } = await stack.preview();
    const other = {
      key: "IncorrectIssuer",
      names: "IncorrectIssuer",
      short: "IncorrectIssuer",
      web: "IncorrectIssuer",
    };
    expect(reasons(all)).toMatchObject({ ...other, chain: "RequestChanged" });
    expect(new Set(Object.values(changes(all)))).toEqual(new Set(["update"]));
    await stack.up();
    const after = await outputsByName(stack);
    expect([await staging.orders(), await production.orders()]).toEqual([placed, 8]);
    expect((await production.requests()).challenge).toBe(9);
    expect(topOf(after.chain)).toBe(root);
    expect(await statuses(staging, before)).toEqual(["Valid"]);
    expect(await statuses(production, after)).toEqual(["Valid"]);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
  });
});

/** All certificates of a stack, members of its set as well, by their names. */
function certificatesOf({ fleet, account: _, ...certificates }: Outputs): Record<string, X509Certificate> {
  const members = (JSON.parse(fleet?.contentsJson) as { certificates: Record<string, string> }).certificates;
  const pems = Object.entries(certificates).map(([name, { certificatePem }]) => [name, certificatePem] as const);
  return Object.fromEntries(
    [...pems, ...Object.entries(members)].map(([name, pem]) => [name, new X509Certificate(pem)]),
  );
}

/** Which statuses the certificates of a stack have at their CA, each once. */
async function statuses(pebble: Pebble, outputs: Outputs): Promise<(string | undefined)[]> {
  const serials = Object.values(certificatesOf(outputs)).map(({ serialNumber }) => serialNumber.toLowerCase());
  const found = await Promise.all(serials.map((serial) => pebble.statusBySerial(serial)));
  return [...new Set(found.map((one) => one?.status))];
}

/** The common name of the root that a certificate's chain leads to. */
function topOf(certificate: Outputs[string] | undefined): string {
  return nameOf(new X509Certificate(splitPem(certificate?.chainPem).at(-1) ?? "").issuer);
}

function nameOf(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? "";
}
