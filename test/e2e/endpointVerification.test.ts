import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromHost, startClosedNetwork } from "../support/closedNetwork";
import { changedLines, createStack, type Stack } from "../support/engine";
import { closedPort, OpenServers } from "../support/openServers";
import { needs } from "../support/requirements";
import { startSshServer } from "../support/sshServer";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../support/testCertificates";
import { served } from "../support/tlsServer";

const servers = new OpenServers();
let first: TestCertificate;
let second: TestCertificate;

beforeAll(async () => {
  const issuing = await createTestCa("Test Issuing", await createTestCa("Test Root"));
  first = await issueTestCertificate(issuing);
  second = await issueTestCertificate(issuing);
});

/** A program that verifies a certificate from elsewhere. */
function program(certificate: TestCertificate, port: number, more = ""): string {
  const { fingerprintSha256, chainPem, rootPem } = certificate;
  const expected = { fingerprintSha256, chainPem, trustBundlePem: rootPem, dnsNames: ["web.example.com"] };
  return `
const { EndpointVerification, ssh } = require("pulumi-certificates");
const pulumi = require("@pulumi/pulumi");
const live = new EndpointVerification("edge-live", {
  certificate: ${JSON.stringify(expected)},
  endpoints: [{ address: "127.0.0.1", port: ${String(port)} ${more} }],
  timeout: "3s",
});
exports.verified = live.verifiedFingerprint;
exports.addresses = live.addresses;
`;
}

async function stackOf(certificate: TestCertificate, port: number): Promise<Stack> {
  return createStack({ program: program(certificate, port) });
}

test("a verification passes, stays idle, follows the certificate and says what is served instead", async () => {
  const server = await servers.tls(served(first));
  const stack = await stackOf(first, server.port);
  await stack.preview();
  await stack.up();
  expect(await stack.outputs()).toMatchObject({
    verified: first.fingerprintSha256,
    addresses: [{ endpoint: `127.0.0.1:${String(server.port)}`, address: "127.0.0.1", tlsVersions: ["1.2", "1.3"] }],
  });
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  await stack.refresh({ args: ["--expect-no-changes"] });

  stack.write(program(second, server.port));
  expect(changedLines((await stack.preview()).all)).toMatchObject([
    { name: "edge-live", op: "update", diff: ["~certificate"] },
  ]);
  const failed = await stack.up({ fails: true });
  expect(failed.all).toContain(`127.0.0.1:${String(server.port)} (SNI web.example.com) serves CN=web.example.com`);
  expect(failed.all).toContain(`serial ${first.serialNumber}`);
  expect(failed.all).not.toMatch(/^ +at .*\.js:/m);
  server.serve(served(second));
  await stack.up();
  expect((await stack.outputs()).verified).toBe(second.fingerprintSha256);
  await stack.destroy();
});

test("a refresh shows what is no longer served, and the next run verifies again", async () => {
  const server = await servers.tls(served(first));
  const stack = await stackOf(first, server.port);
  await stack.up();
  server.serve(served(second));
  await stack.refresh();
  expect(changedLines((await stack.preview()).all)).toMatchObject([
    { name: "edge-live", op: "update", diff: ["-drift"] },
  ]);
  const { all } = await stack.preview({ args: ["--diff"] });
  expect(all).toContain(`serial ${second.serialNumber}`);
  expect(changedLines((await stack.preview()).all)).toHaveLength(1);
  await stack.up({ fails: true });
  server.serve(served(first));
  await stack.up();
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  await stack.refresh({ args: ["--expect-no-changes"] });
});

test("a server that is down shows as drift and does not end the refresh of the stack", async () => {
  const server = await servers.tls(served(first));
  const stack = await stackOf(first, server.port);
  await stack.up();
  await server.close();
  await stack.refresh();
  const { all } = await stack.preview({ args: ["--diff"] });
  expect(all).toContain("connection refused: nothing listens there");
  await stack.destroy();
});

test("a first verification that fails leaves nothing behind, and the next run goes on", async () => {
  const port = await closedPort();
  const stack = await stackOf(first, port);
  expect((await stack.up({ fails: true })).all).toContain("connection refused: nothing listens there");
  await stack.refresh();
  await servers.tls({ ...served(first), port });
  await stack.up();
  expect(changedLines((await stack.preview()).all)).toEqual([]);
});

const sshd = needs("sshd");
const needed = sshd.program === "" ? sshd : needs("root");

needed.test(
  "what only a host reaches is asked from there; its key stays out of the state, and a refresh does without",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "closed-"));
    const network = await startClosedNetwork(folder, {});
    const host = await startSshServer(sshd.program, { network });
    const server = await network.serve(first);
    try {
      const { kind: _, privateKey, ...options } = fromHost(host);
      const from = `, from: ssh({ ...${JSON.stringify(options)}, privateKey: pulumi.secret(${JSON.stringify(privateKey)}) })`;
      const stack = await createStack({ program: program(first, server.port, from) });
      await stack.preview();
      expect(host.connections()).toBe(0);
      await stack.up();
      expect(host.connections()).toBe(1);
      expect((await stack.outputs()).addresses).toMatchObject([{ address: "127.0.0.1" }]);
      expect(stack.stateFile()).not.toContain("OPENSSH PRIVATE KEY");
      const { all } = await stack.refresh({ args: ["--expect-no-changes"], env: { SSH_AUTH_SOCK: "" } });
      expect(all).toContain("What is served could not be looked at: Nothing can be asked from");
      stack.write(program(first, server.port, `, from: "${host.user}@${host.address}"`));
      expect((await stack.preview({ fails: true })).all).toContain("is no place to ask from");
    } finally {
      await server.stop();
      await host.stop();
      await network.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
