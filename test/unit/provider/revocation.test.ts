import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { certificate } from "../../../sdk/provider/certificate";
import { settingsOf } from "../../../sdk/provider/pending";
import { OpenServers } from "../../support/openServers";
import { OpensslStatus } from "../../support/opensslStatus";
import { configure, type Properties, SimulatedResource } from "../../support/simulatedEngine";

const { read } = certificate as Required<dynamic.ResourceProvider>;
const servers = new OpenServers();
let folder: string;
let status: OpensslStatus;

beforeAll(async () => {
  await configure(certificate);
  folder = mkdtempSync(join(tmpdir(), "revocation-"));
  status = await OpensslStatus.start(folder);
});
afterAll(async () => {
  await status.stop();
  rmSync(folder, { recursive: true });
});

/** A certificate of a CA whose directory does not answer, as the state has it. */
const recorded = (name: string, more: Properties = {}): Properties => ({
  stateVersion: 1,
  certificatePem: status.pem(name),
  chainPem: status.caPem,
  trustBundlePem: "",
  notAfter: "2100-01-01T00:00:00Z",
  spkiSha256: "spki",
  renewal: { epoch: 1, reason: "DoesNotExist" },
  issuedBy: { directoryUrl: "https://127.0.0.1:1/directory", accountUrl: "https://127.0.0.1:1/account/1" },
  ...more,
});

test("a refresh notices a revoked certificate, and the run after it issues another", async () => {
  const name = status.issue({ ocsp: "/ocsp/refresh" });
  status.revoke(name, "keyCompromise");
  const { props } = await read("web-1", recorded(name));
  expect(props).toMatchObject({ revocation: { reason: "keyCompromise", at: expect.stringMatching(/^20/) } });
  const web = new SimulatedResource(certificate);
  const args = {
    name: "project/stack/web",
    dnsNames: ["web.example"],
    issuer: { kind: "acme", resource: "urn:account", directory: "https://ca.example/directory" },
    credentials: {},
  };
  web.inputs = await web.check({ ...args, dryRun: false });
  web.id = "web-1";
  web.outs = { ...props, settings: settingsOf(web.inputs as never), notAfter: "2100-01-01T00:00:00Z" };
  expect((await web.preview(args)).isChanged).toBe(true);
  const { revocation: _, ...whole } = web.outs;
  web.outs = whole;
  expect((await web.preview(args)).isChanged).toBe(false);
});

test("a refresh that cannot find out keeps what was known", async () => {
  const good = status.issue({ ocsp: "/ocsp/good" });
  expect((await read("web-1", recorded(good, { revocation: { reason: "superseded" } }))).props).not.toHaveProperty(
    "revocation",
  );
  const silent = status.issue({});
  const outs = recorded(silent, { revocation: { reason: "superseded" }, suggestedRenewal: { start: "a", end: "b" } });
  expect((await read("web-1", outs)).props).toMatchObject({
    revocation: { reason: "superseded" },
    suggestedRenewal: { start: "a", end: "b" },
  });
});

test("a refresh does not wait for a CA that hangs, certificate by certificate", async () => {
  const url = `https://127.0.0.1:${await servers.tcp(() => undefined)}`;
  const service = { directoryUrl: `${url}/directory`, accountUrl: `${url}/account/1` };
  const suggestedRenewal = { start: "2099-01-01T00:00:00Z", end: "2099-01-02T00:00:00Z" };
  const outs = recorded(status.issue({}), { issuedBy: service, suggestedRenewal });
  const start = Date.now();
  for (const atOnce of [3, 1, 1, 1]) {
    const all = await Promise.all(Array.from({ length: atOnce }, () => read("web-1", outs)));
    for (const { props } of all) expect(props).toMatchObject({ suggestedRenewal });
  }
  expect(Date.now() - start).toBeLessThan(9_000); // 5 s for the first three; 20 s if the others waited too
});

test.each([
  ["superseded", true],
  ["keyCompromise", false],
])("a certificate that its CA revoked as %s is issued again; its pinned key stays: %s", async (reason, stays) => {
  const web = new SimulatedResource(certificate);
  const args = { name: "project/stack/web", dnsNames: ["web.example"], privateKey: { rotationPolicy: "never" } };
  await web.up(args);
  const { spkiSha256, fingerprintSha256 } = web.outs;
  web.outs = { ...web.outs, revocation: { reason } };
  expect((await web.up(args)).isChanged).toBe(true);
  expect(web.outs.fingerprintSha256).not.toBe(fingerprintSha256);
  expect(web.outs.spkiSha256 === spkiSha256).toBe(stays);
  expect(web.outs).not.toHaveProperty("revocation");
});
