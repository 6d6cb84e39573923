import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { day } from "../../sdk/duration";
import { certificate } from "../../sdk/provider/certificate";
import { certificateAuthority } from "../../sdk/provider/certificateAuthority";
import { type Properties, signedBy, SimulatedResource, useClock, start } from "./simulatedEngine";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "./testCertificates";

export let folder: string;
export let testRoot: TestCa;
export let issuing: TestCa;
export let running: TestCertificate;
export let root: SimulatedResource;

/** Arguments that ask for what is running, from another CA. */
export const args = (more: Properties = {}): Properties => {
  const { credentials, issuer } = signedBy(root);
  return {
    name: "p/s/web",
    commonName: "web.example.com",
    dnsNames: ["web.example.com"],
    duration: "90d",
    renewBefore: "30d",
    issuer,
    adopt: { certificatePem: running.fullChainPem, trustBundlePem: running.rootPem },
    ...more,
    credentials: { ...credentials, adopt: { privateKeyPem: running.privateKeyPem }, ...more.credentials },
  };
};
export const created = async (given: Properties = args(), provider = certificate): Promise<SimulatedResource> => {
  const resource = new SimulatedResource(provider);
  await resource.up(given);
  return resource;
};
export const notAdopting = (given: Properties): Properties => {
  const { adopt: _adopt, ...rest } = given;
  return rest;
};

/** A running certificate of another CA, as text and in `folder`, and a CA for each test that is to issue from then on. */
export function useAdoptions(): void {
  useClock(certificate);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "adopt-"));
    const dates = { notBefore: new Date(start - 10 * day), notAfter: new Date(start + 300 * day) };
    testRoot = await createTestCa("Test Root", undefined, dates);
    issuing = await createTestCa("Test Issuing", testRoot, dates);
    const notAfter = new Date(start + 80 * day);
    running = await issueTestCertificate(issuing, { dnsNames: ["web.example.com"], ...dates, notAfter });
    writeFileSync(join(folder, "web.pem"), running.fullChainPem);
    writeFileSync(join(folder, "web.key"), running.privateKeyPem);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    root = new SimulatedResource(certificateAuthority);
    await root.up({ name: "p/s/root", commonName: "Root" });
  });
}
