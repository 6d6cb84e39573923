import { createServer as createHttpServer } from "node:http";
import { probeEndpoint, type ProbeOptions } from "../../../sdk/verify/probe";
import type { ProbeFailure } from "../../../sdk/verify/probeFailure";
import type { Served } from "../../../sdk/verify/served";
import { closedPort, OpenServers } from "../../support/openServers";
import { certificatesSentTo } from "../../support/opensslClient";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";

const servers = new OpenServers();
let root: TestCa;
let issuing: TestCa;
let web: TestCertificate;

beforeAll(async () => {
  root = await createTestCa("Test Root");
  issuing = await createTestCa("Test Issuing", root);
  web = await issueTestCertificate(issuing);
});

function probe(port: number, options: Partial<ProbeOptions> = {}) {
  return probeEndpoint({ address: "127.0.0.1", port, protocol: "tls" }, { timeoutMs: 5_000, ...options });
}

async function seen(port: number, options: Partial<ProbeOptions> = {}): Promise<Served> {
  const outcome = await probe(port, options);
  if (!outcome.ok) throw new Error(`${outcome.failure.kind}: ${outcome.failure.message}`);
  return outcome.served;
}

async function failure(port: number, options: Partial<ProbeOptions> = {}): Promise<ProbeFailure> {
  const outcome = await probe(port, options);
  if (outcome.ok) throw new Error(`served ${outcome.served.subject}`);
  return outcome.failure;
}

describe("the certificates are those that openssl says were sent", () => {
  const chains: [string, number, () => string][] = [
    ["leaf and intermediate", 2, () => web.fullChainPem],
    ["leaf without its intermediate", 1, () => web.certificatePem],
    ["leaf, intermediate and root", 3, () => web.fullChainPem + web.rootPem],
    ["root before intermediate", 3, () => web.certificatePem + web.rootPem + issuing.certificatePem],
  ];
  const cases = chains.flatMap(([name, count, chain]) =>
    (["1.2", "1.3"] as const).map((tlsVersion) => ({ name, count, chain, tlsVersion })),
  );
  it.each(cases)("$name, TLS $tlsVersion", async ({ count, chain, tlsVersion }) => {
    const { port } = await servers.tls({ cert: chain(), key: web.privateKeyPem });
    const sent = await certificatesSentTo(port, tlsVersion, "web.example.com");
    const found = await seen(port, { tlsVersion, serverName: "web.example.com" });
    expect(found.tlsVersion).toBe(tlsVersion);
    expect(found.certificates.map((one) => one.toString().trim())).toEqual(sent);
    expect(sent).toHaveLength(count);
  });
});

it("reports address, dates, serial and fingerprint of the leaf", async () => {
  const { port } = await servers.tls(served(web));
  expect(await seen(port)).toMatchObject({
    address: "127.0.0.1",
    port,
    family: 4,
    tlsVersion: "1.3",
    fingerprintSha256: web.fingerprintSha256,
    serialNumber: web.serialNumber,
    subject: "CN=web.example.com",
    clientCertificateRequired: false,
  });
});

it("asks an IPv6 address", async () => {
  const { port } = await servers.tls({ ...served(web), host: "::1" });
  const outcome = await probeEndpoint({ address: "::1", port, protocol: "tls" }, { timeoutMs: 5_000 });
  expect(outcome).toMatchObject({ ok: true, served: { family: 6, address: "::1" } });
});

it("sends the server name, and none if there is none", async () => {
  const names: (string | undefined)[] = [];
  const { port } = await servers.tls({
    ...served(web),
    SNICallback: (name, callback) => {
      names.push(name);
      callback(null);
    },
  });
  await seen(port, { serverName: "a.example.com" });
  await seen(port);
  expect(names).toEqual(["a.example.com"]);
});

it("never resumes a session, also with a server that hands out tickets", async () => {
  const { port, resumed } = await servers.tls(served(web));
  for (const tlsVersion of ["1.2", "1.3", "1.2", "1.3"] as const) await seen(port, { tlsVersion });
  expect(await resumed(4)).toEqual([false, false, false, false]);
});

describe("a server that demands a client certificate shows its own", () => {
  it.each(["1.2", "1.3"] as const)("TLS %s", async (tlsVersion) => {
    const { port } = await servers.tls({
      ...served(web),
      requestCert: true,
      rejectUnauthorized: true,
      ca: root.rootPem,
    });
    const found = await seen(port, { tlsVersion });
    expect(found.certificates).toHaveLength(2);
    // In TLS 1.3 the client is done before the server judges it.
    expect(found.clientCertificateRequired).toBe(tlsVersion === "1.2");
  });
});

it("asks for either of two certificates by the kind of key, in TLS 1.2 and 1.3", async () => {
  const rsa = await issueTestCertificate(issuing, { keyType: "RSA" });
  const { port } = await servers.tls({
    cert: [web.fullChainPem, rsa.fullChainPem],
    key: [web.privateKeyPem, rsa.privateKeyPem],
  });
  for (const tlsVersion of ["1.2", "1.3"] as const) {
    expect((await seen(port, { tlsVersion, keyType: "RSA" })).fingerprintSha256).toBe(rsa.fingerprintSha256);
    expect((await seen(port, { tlsVersion, keyType: "ECDSA" })).fingerprintSha256).toBe(web.fingerprintSha256);
  }
});

describe("failures", () => {
  it("nothing listens", async () => {
    expect(await failure(await closedPort())).toMatchObject({ kind: "refused" });
  });

  it("plain HTTP", async () => {
    const http = createHttpServer((_request, response) => response.end("hello"));
    const port = await servers.tcp(() => undefined, http);
    expect(await failure(port)).toMatchObject({ kind: "notTls" });
  });

  it("a server that speaks first and is no TLS server", async () => {
    const port = await servers.tcp((socket) => socket.write("220 mail.example.com ESMTP\r\n"));
    expect(await failure(port)).toMatchObject({ kind: "notTls" });
  });

  it("a server that accepts and says nothing", async () => {
    const port = await servers.tcp(() => undefined);
    const found = await failure(port, { timeoutMs: 200 });
    expect(found).toEqual({ kind: "timeout", message: "no answer within 200 ms (TLS handshake)" });
  });

  it("a server that accepts and hangs up", async () => {
    const port = await servers.tcp((socket) => socket.once("data", () => socket.end()));
    expect(await failure(port)).toMatchObject({ kind: "closed" });
  });

  it("a server that resets the connection", async () => {
    const port = await servers.tcp((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await failure(port)).toMatchObject({ kind: "closed" });
  });

  it("a TLS version that is not offered", async () => {
    const only12 = await servers.tls({ ...served(web), maxVersion: "TLSv1.2" });
    const only13 = await servers.tls({ ...served(web), minVersion: "TLSv1.3" });
    expect(await failure(only12.port, { tlsVersion: "1.3" })).toMatchObject({ kind: "versionNotOffered" });
    expect(await failure(only13.port, { tlsVersion: "1.2" })).toMatchObject({ kind: "versionNotOffered" });
  });

  it("cipher suites that do not fit the certificate are no missing TLS version", async () => {
    const { port } = await servers.tls({ ...served(web), ciphers: "ECDHE-RSA-AES128-GCM-SHA256" });
    expect(await failure(port, { tlsVersion: "1.2" })).toMatchObject({ kind: "alert", alert: "handshake_failure" });
  });

  it("a kind of key for which there is no certificate", async () => {
    const { port } = await servers.tls(served(web));
    for (const tlsVersion of ["1.2", "1.3"] as const) {
      expect(await failure(port, { tlsVersion, keyType: "RSA" })).toMatchObject({ alert: "handshake_failure" });
    }
  });

  it("a server name that the server refuses", async () => {
    const { port } = await servers.tls({
      ...served(web),
      SNICallback: (_name, callback) => callback(new Error("unknown name")),
    });
    expect(["alert", "closed"]).toContain((await failure(port, { serverName: "other.example.com" })).kind);
  });

  it("the caller gives up", async () => {
    const controller = new AbortController();
    const port = await servers.tcp(() => controller.abort());
    expect(await failure(port, { signal: controller.signal })).toMatchObject({ kind: "aborted" });
  });

  it("the caller has given up before", async () => {
    const port = await servers.tcp(() => undefined);
    expect(await failure(port, { signal: AbortSignal.abort() })).toMatchObject({ kind: "aborted" });
  });
});
