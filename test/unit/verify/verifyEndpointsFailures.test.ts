import { createSecureContext } from "node:tls";
import { ExtendedKeyUsage } from "@peculiar/x509";
import { describeFailures, verificationFailed } from "../../../sdk/verify/describeFailures";
import type { VerifyProgress } from "../../../sdk/verify/verifyEndpoints";
import { closedPort, OpenServers } from "../../support/openServers";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";
import {
  useCertificates,
  day,
  root,
  middle,
  issuing,
  oldWeb,
  web,
  expected,
  at,
  verify,
  failures,
} from "../../support/verifications";

useCertificates();

const servers = new OpenServers();

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
