import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type HttpsServer, startHttpsServer } from "../../support/httpsServer";
import { type LoadClient, startLoadClient } from "../../support/loadClient";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../../support/testCertificates";

let folder: string;
let first: TestCertificate;
let second: TestCertificate;
let stranger: TestCertificate;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  const root = await createTestCa("Test Root");
  first = await issueTestCertificate(root);
  second = await issueTestCertificate(root);
  stranger = await issueTestCertificate(await createTestCa("Other Root"));
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "load-"));
  writeFileSync(join(folder, "root.pem"), first.rootPem);
  write(first);
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  rmSync(folder, { recursive: true });
});

function write(certificate: TestCertificate): void {
  for (const [name, text] of [
    ["key.pem", certificate.privateKeyPem],
    ["web.pem", certificate.fullChainPem],
  ] as const) {
    writeFileSync(join(folder, `${name}.new`), text);
    renameSync(join(folder, `${name}.new`), join(folder, name));
  }
}

async function server(watch = false): Promise<HttpsServer> {
  const paths = { certificatePath: join(folder, "web.pem"), keyPath: join(folder, "key.pem") };
  const started = await startHttpsServer({ ...paths, watch });
  running.push(started);
  return started;
}

async function load(port: number): Promise<LoadClient> {
  const options = { port, caPath: join(folder, "root.pem"), serverName: "web.example.com" };
  const started = await startLoadClient(options);
  running.push(started);
  return started;
}

it("sees one change and no error when the server reloads", async () => {
  const https = await server();
  const client = await load(https.port);
  await delay(700);
  write(second);
  expect(await https.reload()).toBe(second.fingerprintSha256);
  await delay(700);
  const summary = await client.summary();
  expect(summary).toMatchObject({
    errors: [],
    resumed: 0,
    changes: 1,
    fingerprints: [first.fingerprintSha256, second.fingerprintSha256],
  });
  expect(Math.abs(summary.byVersion["TLSv1.2"] - summary.byVersion["TLSv1.3"])).toBeLessThanOrEqual(1);
  expect(summary.handshakesPerSecond).toBeGreaterThan(0);
});

it("records the handshakes that fail", async () => {
  const https = await server();
  const client = await load(https.port);
  write(stranger);
  await https.reload();
  await delay(200);
  const summary = await client.summary();
  expect(summary.errors[0]).toMatch(/TLSv1\.[23]\).*(unable to verify|UNABLE_TO)/);
  expect(summary.handshakes).toBeGreaterThan(0);
});

it("records a server that is down", async () => {
  const https = await server();
  const client = await load(https.port);
  await https.stop();
  await delay(100);
  expect((await client.summary()).errors[0]).toContain("ECONN");
});

it("keeps serving when the files do not fit together", async () => {
  const https = await server();
  writeFileSync(join(folder, "web.pem"), second.fullChainPem);
  await expect(https.reload()).rejects.toThrow("The server kept its certificate");
  const client = await load(https.port);
  expect(await client.summary()).toMatchObject({ errors: [], fingerprints: [first.fingerprintSha256] });
});

it("reloads by itself when the files are replaced", async () => {
  const https = await server(true);
  write(second);
  expect(await https.reloaded()).toBe(second.fingerprintSha256);
});
