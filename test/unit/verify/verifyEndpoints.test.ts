import { createSecureContext } from "node:tls";
import { ExtendedKeyUsage } from "@peculiar/x509";
import { describeFailures, verificationFailed } from "../../../sdk/verify/describeFailures";
import type { Endpoint } from "../../../sdk/verify/endpoint";
import type { ExpectedCertificate } from "../../../sdk/verify/expected";
import type { VerifyResult } from "../../../sdk/verify/verifyResult";
import { verifyEndpoints, type VerifyOptions, type VerifyProgress } from "../../../sdk/verify/verifyEndpoints";
import { closedPort, OpenServers } from "../../support/openServers";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";

const servers = new OpenServers();
const day = 86_400_000;
let root: TestCa;
let middle: TestCa;
let issuing: TestCa;
let oldWeb: TestCertificate;
let web: TestCertificate;

beforeAll(async () => {
  root = await createTestCa("Test Root");
  middle = await createTestCa("Test Middle", root);
  issuing = await createTestCa("Test Issuing", middle);
  oldWeb = await issueTestCertificate(issuing);
  web = await issueTestCertificate(issuing);
});

function expected(certificate: TestCertificate): ExpectedCertificate {
  return {
    fingerprintSha256: certificate.fingerprintSha256,
    intermediatesPem: certificate.chainPem,
    trustBundlePem: certificate.rootPem,
    dnsNames: ["web.example.com"],
  };
}

const at = (port: number, address = "127.0.0.1"): Endpoint => ({ address, port });

function verify(endpoints: Endpoint[], options: Partial<VerifyOptions> = {}): Promise<VerifyResult> {
  return verifyEndpoints({ endpoints, expected: expected(web), timeoutMs: 20_000, intervalMs: 20, ...options });
}

async function failures(endpoints: Endpoint[], options: Partial<VerifyOptions> = {}) {
  const result = await verify(endpoints, { maxRounds: 2, ...options });
  if (result.ok) throw new Error("verified");
  return result.failures;
}

describe("passes", () => {
  it("the right certificate in both TLS versions, three rounds in a row", async () => {
    const server = await servers.tls(served(web));
    expect(await verify([at(server.port)])).toEqual({
      ok: true,
      endpoints: [
        {
          address: "127.0.0.1",
          port: server.port,
          protocol: "tls",
          serverName: "web.example.com",
          addresses: [
            {
              address: "127.0.0.1",
              tlsVersions: ["1.2", "1.3"],
              fingerprintsSha256: [web.fingerprintSha256],
              clientCertificateRequired: false,
            },
          ],
        },
      ],
    });
    expect(server.connections()).toBe(6);
  });

  it.each(["1.2", "1.3"] as const)("a server that offers only TLS %s, and says so", async (version) => {
    const { port } = await servers.tls({ ...served(web), minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` });
    expect(await verify([at(port)])).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ tlsVersions: [version] }] }],
    });
  });

  it("a server that shows its certificate and then demands one", async () => {
    const { port } = await servers.tls({
      ...served(web),
      requestCert: true,
      rejectUnauthorized: true,
      ca: root.rootPem,
    });
    expect(await verify([at(port)])).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ tlsVersions: ["1.2", "1.3"], clientCertificateRequired: true }] }],
    });
  });

  it("a chain that also holds the root", async () => {
    const { port } = await servers.tls({ cert: web.fullChainPem + web.rootPem, key: web.privateKeyPem });
    expect(await verify([at(port)])).toMatchObject({ ok: true });
  });

  it("a self-signed certificate", async () => {
    const self = await issueTestCertificate(undefined);
    const { port } = await servers.tls(served(self));
    for (const trustBundlePem of [self.certificatePem, ""]) {
      const only = { ...expected(self), trustBundlePem };
      expect(await verify([at(port)], { expected: only })).toMatchObject({ ok: true });
    }
  });

  it("a complete chain whose root nobody told us, by its intermediates", async () => {
    const { port } = await servers.tls(served(web));
    const { trustBundlePem: _, ...withoutRoot } = expected(web);
    expect(await verify([at(port)], { expected: withoutRoot })).toMatchObject({ ok: true });
  });

  it("a fingerprint in the spelling of other tools", async () => {
    const { port } = await servers.tls(served(web));
    const spelled = web.fingerprintSha256.toUpperCase().match(/../g)?.join(":") ?? "";
    const result = verify([at(port)], {
      expected: { ...expected(web), fingerprintSha256: spelled },
      timeoutMs: 10_000,
    });
    expect(await result).toMatchObject({ ok: true });
  });
});

describe("waits", () => {
  it("until a server serves the new certificate", async () => {
    const server = await servers.tls(served(oldWeb));
    const seen: VerifyProgress[] = [];
    const onProgress = (progress: VerifyProgress): void => {
      seen.push(progress);
      if (progress.round === 3) server.serve(served(web));
    };
    expect(await verify([at(server.port)], { onProgress })).toMatchObject({ ok: true });
    expect(seen.map(({ failures }) => failures.map((one) => one.reason))).toEqual([
      ["wrongCertificate"],
      ["wrongCertificate"],
      ["wrongCertificate"],
      [],
      [],
    ]);
  });

  it("until one that answers by turns has been right several times in a row", async () => {
    const server = await servers.tls(served(web));
    const reasons: string[] = [];
    const onProgress = ({ round, failures }: VerifyProgress): void => {
      reasons.push(failures[0]?.reason ?? "right");
      server.serve(served(round === 2 ? oldWeb : web));
    };
    const result = await verify([at(server.port)], { onProgress });
    expect(result).toMatchObject({ ok: true });
    expect(reasons).toEqual(["right", "right", "wrongCertificate", "right", "right"]);
  });

  it("for a server that is not up yet", async () => {
    const port = await closedPort();
    const onProgress = ({ round }: VerifyProgress): void => {
      if (round === 2) void servers.tls({ ...served(web), port });
    };
    expect(await verify([at(port)], { onProgress })).toMatchObject({ ok: true });
  });

  it("for a name that does not resolve yet, and asks the addresses it then has", async () => {
    const { port } = await servers.tls(served(web));
    const answers = [[], [], ["127.0.0.1"]];
    const lookup = (): Promise<string[]> => Promise.resolve(answers.shift() ?? ["127.0.0.1"]);
    expect(await verify([at(port, "web.test")], { lookup })).toMatchObject({
      ok: true,
      endpoints: [{ address: "web.test", addresses: [{ address: "127.0.0.1" }] }],
    });
  });

  it("no longer than the caller wants", async () => {
    const { port } = await servers.tls(served(oldWeb));
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const onProgress = (): void => controller.abort(reason);
    const running = verify([at(port)], { onProgress, signal: controller.signal });
    await expect(running).rejects.toBe(reason);
  });
});

describe("fails", () => {
  it("an old certificate, and says which", async () => {
    const { port } = await servers.tls(served(oldWeb));
    const found = await failures([at(port)]);
    expect(found).toMatchObject([
      {
        reason: "wrongCertificate",
        resolvedAddress: "127.0.0.1",
        served: { serialNumber: oldWeb.serialNumber, fingerprintSha256: oldWeb.fingerprintSha256 },
      },
    ]);
    const until = found[0]?.served?.notAfter ?? "";
    expect(describeFailures(found)).toEqual([
      `127.0.0.1:${String(port)} (SNI web.example.com) serves CN=web.example.com, serial ${oldWeb.serialNumber}, valid until ${until}, sha256 ${oldWeb.fingerprintSha256.slice(0, 16)}…; expected sha256 ${web.fingerprintSha256.slice(0, 16)}… [TLS 1.3, TLS 1.2]`,
    ]);
  });

  it("one stale address of two, and names only that one", async () => {
    const fresh = await servers.tls(served(web));
    await servers.tls({ ...served(oldWeb), host: "::1", port: fresh.port });
    const lookup = (): Promise<string[]> => Promise.resolve(["127.0.0.1", "::1", "127.0.0.1"]);
    const found = await failures([at(fresh.port, "web.test")], { lookup });
    expect(found).toMatchObject([{ reason: "wrongCertificate", resolvedAddress: "::1" }]);
    expect(describeFailures(found)[0]).toMatch(/^web\.test:\d+ \(::1, SNI web\.example\.com\) serves /);
  });

  it("one stale endpoint of two, and names only that one", async () => {
    const fresh = await servers.tls(served(web));
    const stale = await servers.tls(served(oldWeb));
    const found = await failures([at(fresh.port), at(stale.port)]);
    expect(found.map((one) => one.endpoint.port)).toEqual([stale.port]);
  });

  it.each([
    [
      "everything above the leaf",
      () => web.certificatePem,
      "CN=Test Issuing",
      "CN=web.example.com",
      "1 certificate sent",
    ],
    [
      "the upper intermediate",
      () => web.certificatePem + issuing.certificatePem,
      "CN=Test Middle",
      "CN=Test Issuing",
      "2 certificates sent",
    ],
  ])("a chain without %s, and names what is missing", async (_name, chain, missing, below, count) => {
    const { port } = await servers.tls({ cert: chain(), key: web.privateKeyPem });
    for (const trustBundlePem of [web.rootPem, ""]) {
      const found = await failures([at(port)], { expected: { ...expected(web), trustBundlePem } });
      expect(found).toMatchObject([{ reason: "missingIssuer", missingIssuer: missing }]);
      expect(describeFailures(found)[0]).toContain(
        `its chain is incomplete: ${missing}, which issued ${below}, was not sent and is no trusted root (${count})`,
      );
    }
  });

  it("a chain in the wrong order", async () => {
    const cert = web.certificatePem + middle.certificatePem + issuing.certificatePem;
    const { port } = await servers.tls({ cert, key: web.privateKeyPem });
    const found = await failures([at(port)]);
    expect(found).toMatchObject([{ reason: "chainOutOfOrder" }]);
    expect(found[0]?.message).toContain("CN=Test Issuing must come right after CN=web.example.com");
  });

  it("a chain to a root that is not trusted, although its name is", async () => {
    const { port } = await servers.tls(served(web));
    const other = await createTestCa("Test Root");
    const found = await failures([at(port)], { expected: { ...expected(web), trustBundlePem: other.rootPem } });
    expect(found).toMatchObject([{ reason: "missingIssuer", missingIssuer: "CN=Test Root" }]);
  });

  it("the right certificate after its end", async () => {
    const past = { notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2026-02-01T00:00:00Z") };
    const expired = await issueTestCertificate(issuing, past);
    const { port } = await servers.tls(served(expired));
    const found = await failures([at(port)], { expected: expected(expired) });
    expect(found).toMatchObject([{ reason: "expired", served: { notAfter: "2026-02-01T00:00:00Z" } }]);
    expect(found[0]?.message).toContain("expired 2026-02-01T00:00:00Z");
  });

  it("another certificate after its end, and says both", async () => {
    const past = { notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2026-02-01T00:00:00Z") };
    const { port } = await servers.tls(served(await issueTestCertificate(issuing, past)));
    const found = await failures([at(port)]);
    expect(found).toMatchObject([{ reason: "wrongCertificate" }]);
    expect(found[0]?.message).toContain("expired 2026-02-01T00:00:00Z");
  });

  it("the right certificate before its beginning", async () => {
    const soon = await issueTestCertificate(issuing, { notBefore: new Date(Date.now() + day) });
    const { port } = await servers.tls(served(soon));
    expect(await failures([at(port)], { expected: expected(soon) })).toMatchObject([{ reason: "notYetValid" }]);
  });

  it("an intermediate after its end", async () => {
    const past = { notBefore: new Date(Date.now() - 3 * day), notAfter: new Date(Date.now() - day) };
    const expiredCa = await createTestCa("Test Expired", root, past);
    const below = await issueTestCertificate(expiredCa);
    const { port } = await servers.tls(served(below));
    const found = await failures([at(port)], { expected: expected(below) });
    expect(found).toMatchObject([{ reason: "invalidChain" }]);
    expect(found[0]?.message).toMatch(/its chain is not valid: .*CN=Test Expired.* expired/);
  });

  it("the expected certificate, if it is for clients only", async () => {
    const forClients = await issueTestCertificate(issuing, { extendedKeyUsages: [ExtendedKeyUsage.clientAuth] });
    const { port } = await servers.tls(served(forClients));
    const found = await failures([at(port)], { expected: expected(forClients) });
    expect(found).toMatchObject([{ reason: "invalidChain" }]);
    expect(found[0]?.message).toContain("serverAuth");
  });

  it("a server that knows the certificate under another name only", async () => {
    const server = await servers.tls({
      ...served(oldWeb),
      SNICallback: (name, callback) => {
        callback(null, createSecureContext(served(name === "web.example.com" ? web : oldWeb)));
      },
    });
    expect(await verify([at(server.port)])).toMatchObject({ ok: true });
    const found = await failures([{ ...at(server.port), serverName: "other.example.com" }]);
    expect(found).toMatchObject([{ reason: "wrongCertificate" }]);
    expect(describeFailures(found)[0]).toContain("(SNI other.example.com)");
  });

  it("a closed port, an unknown name and a server that is silent, each with its reason", async () => {
    const silent = await servers.tcp(() => undefined);
    const lookup = (): Promise<string[]> => Promise.resolve([]);
    const found = await failures([at(await closedPort()), at(443, "nowhere.test"), at(silent)], {
      lookup,
      probeTimeoutMs: 100,
    });
    expect(found.map((one) => one.reason)).toEqual(["refused", "unresolvable", "timeout"]);
    const lines = describeFailures(found);
    expect(lines[0]).toMatch(/^127\.0\.0\.1:\d+ \(SNI web\.example\.com\) connection refused: nothing listens there/);
    expect(lines[1]).toContain("the name nowhere.test has no address");
    expect(lines[2]).toContain("no answer within 100 ms (TLS handshake)");
  });

  it("a server that is silent for the whole time, although one handshake had more", async () => {
    const silent = await servers.tcp(() => undefined);
    const started = Date.now();
    expect(await failures([at(silent)], { timeoutMs: 150, maxRounds: Infinity })).toMatchObject([
      { reason: "timeout" },
    ]);
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it("a TLS version that was asked for and is not offered", async () => {
    const { port } = await servers.tls({ ...served(web), minVersion: "TLSv1.3" });
    const found = await failures([at(port)], { tlsVersions: ["1.2", "1.3"] });
    expect(found).toMatchObject([{ reason: "versionNotOffered", tlsVersion: "1.2" }]);
  });

  it("TLS 1.2 cipher suites that do not fit the new key, although TLS 1.3 works", async () => {
    const ciphers = "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256";
    const { port } = await servers.tls({ ...served(web), ciphers });
    expect(await failures([at(port)])).toMatchObject([{ reason: "alert", tlsVersion: "1.2" }]);
  });

  it("a server that was right too rarely when the time was up", async () => {
    const { port } = await servers.tls(served(web));
    const found = await failures([at(port)]);
    expect(found).toMatchObject([{ reason: "notSettled" }]);
    expect(describeFailures(found)[0]).toContain("after 2 of 3 rounds in a row");
  });

  it("says how often a server was wrong that answers by turns", async () => {
    const server = await servers.tls(served(web));
    const onProgress = ({ round }: VerifyProgress): void => server.serve(served(round % 2 === 0 ? web : oldWeb));
    const found = await failures([at(server.port)], { onProgress, maxRounds: 5 });
    expect(describeFailures(found)[0]).toMatch(/ \(in 2 of 5 rounds\)$/);
  });

  it("builds one error with a line for each", async () => {
    const stale = await servers.tls(served(oldWeb));
    const error = verificationFailed(await failures([at(stale.port), at(await closedPort())]));
    expect(error.code).toBe("VerificationFailed");
    expect(error.message.split("\n")).toEqual([
      "The endpoints do not serve the certificate:",
      expect.stringMatching(/^ {2}127\.0\.0\.1:\d+ \(SNI web\.example\.com\) serves CN=/),
      expect.stringMatching(/^ {2}127\.0\.0\.1:\d+ \(SNI web\.example\.com\) connection refused/),
    ]);
  });
});

describe("RSA and ECDSA side by side", () => {
  let rsa: TestCertificate;
  let oldRsa: TestCertificate;
  beforeAll(async () => {
    rsa = await issueTestCertificate(issuing, { keyType: "RSA" });
    oldRsa = await issueTestCertificate(issuing, { keyType: "RSA" });
  });
  const both = (ecdsa: TestCertificate, other: TestCertificate) => ({
    cert: [ecdsa.fullChainPem, other.fullChainPem],
    key: [ecdsa.privateKeyPem, other.privateKeyPem],
  });
  const expectBoth = (): ExpectedCertificate => ({
    ...expected(web),
    fingerprintSha256: [web.fingerprintSha256, rsa.fingerprintSha256],
  });

  it("passes if both are right", async () => {
    const { port } = await servers.tls(both(web, rsa));
    expect(await verify([at(port)], { expected: expectBoth() })).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ fingerprintsSha256: [web.fingerprintSha256, rsa.fingerprintSha256].sort() }] }],
    });
  });

  it("fails if one of the two is old", async () => {
    const { port } = await servers.tls(both(web, oldRsa));
    const found = await failures([at(port)], { expected: expectBoth() });
    expect(found).toMatchObject([{ reason: "wrongCertificate", keyType: "RSA" }]);
    expect(describeFailures(found)[0]).toContain("[TLS 1.3 RSA, TLS 1.2 RSA]");
  });

  it("fails if one of the two is missing", async () => {
    const { port } = await servers.tls(served(web));
    expect(await failures([at(port)], { expected: expectBoth() })).toMatchObject([{ reason: "alert", keyType: "RSA" }]);
  });

  it("fails if a third one is expected that nobody gets", async () => {
    const { port } = await servers.tls(both(web, rsa));
    const three = { ...expected(web), fingerprintSha256: [web, rsa, oldRsa].map((one) => one.fingerprintSha256) };
    expect(await failures([at(port)], { expected: three })).toMatchObject([{ reason: "notServed" }]);
  });
});

describe("bad input", () => {
  it("an endpoint, by its place", async () => {
    await expect(verify([at(443), { address: "https://x" }])).rejects.toThrow(
      'endpoints[1].address: "https://x" is a URL.',
    );
  });

  it("no endpoint", async () => {
    await expect(verify([])).rejects.toThrow("endpoints: there are none.");
  });

  it("a fingerprint that is none", async () => {
    const wrong = { ...expected(web), fingerprintSha256: "sha256:abc" };
    await expect(verify([at(443)], { expected: wrong })).rejects.toThrow(
      "certificate: its SHA-256 fingerprint is not 64",
    );
  });

  it("a trust bundle that is none", async () => {
    const wrong = { ...expected(web), trustBundlePem: "-----BEGIN CERTIFICATE-----" };
    await expect(verify([at(443)], { expected: wrong })).rejects.toThrow("certificate.trustBundlePem");
  });
});

it("asks many endpoints, but not all at once", async () => {
  const server = await servers.tls(served(web));
  let open = 0;
  let most = 0;
  const lookup = async (): Promise<string[]> => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return ["127.0.0.1"];
  };
  const endpoints = Array.from({ length: 60 }, (_, index) => at(server.port, `web${String(index)}.test`));
  expect(await verify(endpoints, { lookup, successes: 1 })).toMatchObject({ ok: true });
  expect(server.connections()).toBe(120);
  expect(most).toBe(16);
});
