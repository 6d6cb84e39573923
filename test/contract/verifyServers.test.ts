import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describeFailures } from "../../sdk/verify/describeFailures";
import type { VerifyProgress, VerifyOptions } from "../../sdk/verify/verifyEndpoints";
import { verifyEndpoints } from "../../sdk/verify/verifyEndpoints";
import { startLoadClient } from "../support/loadClient";
import { type NginxServer, startNginx } from "../support/nginxServer";
import { startPostgresql } from "../support/postgresqlServer";
import { needs } from "../support/requirements";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../support/testCertificates";

let issuing: TestCa;
let web: TestCertificate;
let oldWeb: TestCertificate;
let rsa: TestCertificate;
let oldRsa: TestCertificate;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  issuing = await createTestCa("Test Issuing", await createTestCa("Test Root"));
  [web, oldWeb] = [await issueTestCertificate(issuing), await issueTestCertificate(issuing)];
  rsa = await issueTestCertificate(issuing, { keyType: "RSA" });
  oldRsa = await issueTestCertificate(issuing, { keyType: "RSA" });
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

function expecting(...certificates: TestCertificate[]): VerifyOptions["expected"] {
  return {
    fingerprintSha256: certificates.map((one) => one.fingerprintSha256),
    intermediatesPem: issuing.certificatePem,
    trustBundlePem: issuing.rootPem,
    dnsNames: ["web.example.com"],
  };
}

function verify(options: Pick<VerifyOptions, "endpoints" | "expected"> & Partial<VerifyOptions>) {
  return verifyEndpoints({ timeoutMs: 30_000, intervalMs: 50, ...options });
}

const nginxNeeded = needs("nginx");
nginxNeeded.describe("nginx", () => {
  const nginx = async (blocks: string, prepare: (write: NginxServer["write"]) => void): Promise<NginxServer> => {
    const started = await startNginx(nginxNeeded.program, blocks, prepare);
    running.push(started);
    return started;
  };
  const files = (name: string): string =>
    `ssl_certificate $folder/${name}.pem; ssl_certificate_key $folder/${name}.key;`;

  it("serves RSA and ECDSA side by side, and one of them is old until a reload", async () => {
    const server = await nginx(`server { listen 127.0.0.1:$port ssl; ${files("ecdsa")} ${files("rsa")} }`, (write) => {
      write("ecdsa", web);
      write("rsa", oldRsa);
    });
    const endpoints = [{ address: "127.0.0.1", port: server.port }];
    const before = await verify({ endpoints, expected: expecting(web, rsa), maxRounds: 2 });
    expect(before).toMatchObject({ ok: false, failures: [{ reason: "wrongCertificate", keyType: "RSA" }] });

    server.write("rsa", rsa);
    const onProgress = ({ round }: VerifyProgress): void => {
      if (round === 2) void server.reload();
    };
    const after = await verify({ endpoints, expected: expecting(web, rsa), onProgress });
    expect(after).toMatchObject({ ok: true, endpoints: [{ addresses: [{ tlsVersions: ["1.2", "1.3"] }] }] });
  });

  it("has one stale listener of two", async () => {
    const blocks = `server { listen 127.0.0.1:$port ssl; ${files("new")} } server { listen 127.0.0.2:$port ssl; ${files("old")} }`;
    const { port } = await nginx(blocks, (write) => {
      write("new", web);
      write("old", oldWeb);
    });
    const lookup = (): Promise<string[]> => Promise.resolve(["127.0.0.1", "127.0.0.2"]);
    const result = await verify({
      endpoints: [{ address: "web.test", port }],
      expected: expecting(web),
      lookup,
      maxRounds: 2,
    });
    expect(result).toMatchObject({ ok: false, failures: [{ resolvedAddress: "127.0.0.2" }] });
  });

  it("chooses by server name, and rejects the handshake for an unknown one", async () => {
    const blocks = `server { listen 127.0.0.1:$port ssl default_server; ssl_reject_handshake on; }
      server { listen 127.0.0.1:$port ssl; server_name web.example.com; ${files("web")} }`;
    const { port } = await nginx(blocks, (write) => write("web", web));
    const endpoint = { address: "127.0.0.1", port };
    expect(await verify({ endpoints: [endpoint], expected: expecting(web) })).toMatchObject({ ok: true });
    const other = await verify({
      endpoints: [{ ...endpoint, serverName: "other.example.com" }],
      expected: expecting(web),
      maxRounds: 1,
    });
    expect(other).toMatchObject({ ok: false, failures: [{ reason: "alert" }] });
    expect(other.ok ? [] : describeFailures(other.failures)[0]).toContain("unrecognized_name");
  });

  it.each(["TLSv1.2", "TLSv1.3"])("offers only %s", async (version) => {
    const block = `server { listen 127.0.0.1:$port ssl; ssl_protocols ${version}; ${files("web")} }`;
    const { port } = await nginx(block, (write) => write("web", web));
    const result = await verify({ endpoints: [{ address: "127.0.0.1", port }], expected: expecting(web) });
    expect(result).toMatchObject({ ok: true, endpoints: [{ addresses: [{ tlsVersions: [version.slice(4)] }] }] });
  });

  it("leaves out its intermediate", async () => {
    const block = `server { listen 127.0.0.1:$port ssl; ${files("web")} }`;
    const { port } = await nginx(block, (write) => write("web", web, web.certificatePem));
    const result = await verify({
      endpoints: [{ address: "127.0.0.1", port }],
      expected: expecting(web),
      maxRounds: 1,
    });
    expect(result).toMatchObject({ ok: false, failures: [{ missingIssuer: "CN=Test Issuing" }] });
  });

  it("reloads under load without an error", async () => {
    const block = `server { listen 127.0.0.1:$port ssl; ${files("web")} location / { return 200 ok; } }`;
    const server = await nginx(block, (write) => write("web", oldWeb));
    writeFileSync(join(server.folder, "root.pem"), issuing.rootPem);
    const caPath = join(server.folder, "root.pem");
    const client = await startLoadClient({ port: server.port, caPath, serverName: "web.example.com" });
    running.push(client);
    await delay(500);
    server.write("web", web);
    await server.reload();
    const endpoints = [{ address: "127.0.0.1", port: server.port }];
    expect(await verify({ endpoints, expected: expecting(web) })).toMatchObject({ ok: true });
    await delay(500);
    const summary = await client.summary();
    expect(summary).toMatchObject({ errors: [], resumed: 0 });
    // More than one change can be seen: the workers that leave and those that come accept side by side for a moment.
    expect(summary.fingerprints[0]).toBe(oldWeb.fingerprintSha256);
    expect(summary.fingerprints.at(-1)).toBe(web.fingerprintSha256);
    expect(new Set(summary.fingerprints).size).toBe(2);
  });
});

const postgresNeeded = needs("postgres");
postgresNeeded.describe("PostgreSQL", () => {
  const expectedOf = (certificate: TestCertificate) => expecting(certificate);

  it("serves the old certificate, then after a reload the new one", async () => {
    const server = await startPostgresql(postgresNeeded.program, oldWeb);
    running.push(server);
    const endpoints = [{ address: "127.0.0.1", port: server.port, protocol: "postgresql" as const }];
    const before = await verify({ endpoints, expected: expectedOf(web), maxRounds: 1 });
    expect(before).toMatchObject({ ok: false, failures: [{ reason: "wrongCertificate" }] });
    expect(before.ok ? "" : describeFailures(before.failures)[0]).toContain("(SNI web.example.com, postgresql) serves");
    await server.serve(web);
    expect(await verify({ endpoints, expected: expectedOf(web) })).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ tlsVersions: ["1.2", "1.3"] }] }],
    });
  });

  it("has TLS switched off", async () => {
    const server = await startPostgresql(postgresNeeded.program, undefined);
    running.push(server);
    const endpoints = [{ address: "127.0.0.1", port: server.port, protocol: "postgresql" as const }];
    expect(await verify({ endpoints, expected: expectedOf(web), maxRounds: 1 })).toMatchObject({
      ok: false,
      failures: [{ reason: "startTlsNotOffered" }],
    });
  });

  it("is asked for TLS from the first byte by mistake", async () => {
    const server = await startPostgresql(postgresNeeded.program, web);
    running.push(server);
    const endpoints = [{ address: "127.0.0.1", port: server.port }];
    const result = await verify({ endpoints, expected: expectedOf(web), maxRounds: 1, probeTimeoutMs: 2_000 });
    expect(result).toMatchObject({ ok: false, failures: [{ reason: "closed" }] });
  });
});
