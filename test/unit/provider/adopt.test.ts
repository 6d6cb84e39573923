import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { configure, type Properties, setNow, signedBy, SimulatedResource } from "../../support/simulatedEngine";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../../support/testCertificates";

const start = Date.UTC(2027, 0, 1, 8);
let folder: string;
let testRoot: TestCa;
let issuing: TestCa;
let running: TestCertificate;
let root: SimulatedResource;

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
  setNow(start);
  await configure(certificate);
  root = new SimulatedResource(certificateAuthority);
  await root.up({ name: "p/s/root", commonName: "Root" });
});
afterEach(() => jest.useRealTimers());

/** Arguments that ask for what is running, from another CA. */
const args = (more: Properties = {}): Properties => {
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
const created = async (given: Properties = args(), provider = certificate): Promise<SimulatedResource> => {
  const resource = new SimulatedResource(provider);
  await resource.up(given);
  return resource;
};
const { adopt: _, ...withoutAdopt } = { adopt: 0 };
const notAdopting = (given: Properties): Properties => {
  const { adopt: _adopt, ...rest } = given;
  return { ...withoutAdopt, ...rest };
};

describe("adopting a certificate", () => {
  test("takes it over as it is: nothing is issued, and its own end is its schedule", async () => {
    const resource = await created();
    expect(resource.outs).toMatchObject({
      certificatePem: running.certificatePem,
      chainPem: running.chainPem,
      trustBundlePem: running.rootPem,
      fingerprintSha256: running.fingerprintSha256,
      dnsNames: ["web.example.com"],
      notAfter: "2027-03-22T08:00:00Z",
      privateKeyPem: expect.stringContaining("PRIVATE KEY"),
    });
    expect(resource.inputs).toMatchObject({
      renewal: { epoch: 1, reason: "Adopted" },
      adoption: { differences: [] },
    });
    expect(JSON.stringify(resource.inputs)).not.toContain("PRIVATE KEY");
    const before = JSON.stringify(resource.inputs);
    expect((await resource.up(args())).isChanged).toBe(false);
    expect(JSON.stringify(resource.inputs)).toBe(before);
  });

  test("without its key leaves the key unknown, until the next renewal makes one", async () => {
    const given = args({ credentials: { adopt: undefined } });
    delete given.credentials.adopt;
    const resource = await created(given);
    expect(resource.outs).not.toHaveProperty("privateKeyPem");
    await expect(
      created({ ...given, keystores: { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } } }),
    ).rejects.toThrow("keystores: a keystore holds the private key, and here is none.");
    setNow(start + 50 * day);
    await resource.up(given);
    expect(resource.outs.privateKeyPem).toContain("PRIVATE KEY");
  });

  test("from files, with the chain in the same text or beside it", async () => {
    const paths = { certificatePath: join(folder, "web.pem"), privateKeyPath: join(folder, "web.key") };
    const resource = await created(args({ adopt: paths, credentials: { adopt: {} } }));
    expect(resource.outs).toMatchObject({
      certificatePem: running.certificatePem,
      chainPem: running.chainPem,
      trustBundlePem: "",
    });
    expect(resource.outs.privateKeyPem).toContain("PRIVATE KEY");
    const beside = await created(args({ adopt: { ...paths, chainPem: issuing.certificatePem } }));
    expect(beside.outs.chainPem).toBe(issuing.certificatePem);
  });

  test("with the roots in a file, of which the certificates are taken", async () => {
    const trustBundlePath = join(folder, "roots.pem");
    writeFileSync(trustBundlePath, `# Test Root\n${testRoot.certificatePem}\nTest Issuing\n${issuing.certificatePem}`);
    const adopt = { certificatePath: join(folder, "web.pem"), trustBundlePath };
    const resource = await created(args({ adopt }));
    expect(resource.outs.trustBundlePem).toBe(testRoot.certificatePem + issuing.certificatePem);
    expect((await resource.up(args({ adopt }))).isChanged).toBe(false);
    const text = { ...adopt, trustBundlePem: testRoot.certificatePem };
    expect((await created(args({ adopt: text }))).outs.trustBundlePem).toBe(testRoot.certificatePem);
  });

  test.each<[string, Properties, string]>([
    [
      "roots that are not there",
      { adopt: { trustBundlePath: "/nowhere/roots.pem" } },
      'adopt.trustBundlePath: "/nowhere/roots.pem" cannot be read: ',
    ],
    [
      "a file of roots without any",
      { adopt: { trustBundlePath: __filename } },
      'adopt.test.ts" holds no certificate. Give a PEM file with the roots.',
    ],
    ["nothing", { adopt: { chainPem: "" } }, "adopt: names no certificate."],
    ["no certificate", { adopt: { certificatePem: "hello" } }, "adopt.certificatePem"],
    [
      "a file that is not there",
      { adopt: { certificatePath: "/nowhere/web.pem" } },
      'adopt.certificatePath: "/nowhere/web.pem" cannot be read: ',
    ],
    [
      "a key file that is not there",
      { adopt: { certificatePath: "web.pem", privateKeyPath: "/nowhere/web.key" } },
      "cannot be read",
    ],
  ])("refuses %s", async (_what, change, message) => {
    if (change.adopt.trustBundlePath !== undefined) change.adopt.certificatePem = running.fullChainPem;
    await expect(new SimulatedResource(certificate).preview(args(change))).rejects.toThrow(message);
  });

  test("refuses the key of another certificate, without showing it", async () => {
    const other = testRoot.privateKeyPem;
    const error = await new SimulatedResource(certificate)
      .preview(args({ credentials: { adopt: { privateKeyPem: other } } }))
      .catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).toBe(
      'adopt.privateKeyPem does not belong to the certificate "CN=web.example.com". ' +
        "Give the key of this certificate, or leave it out to adopt the certificate without its key.",
    );
  });
});

describe("as long as the adopted certificate is in use", () => {
  test("differences to the arguments are listed, and not due", async () => {
    const wanted = args({
      commonName: "other.example.com",
      dnsNames: ["web.example.com", "www.example.com"],
      subject: { organization: "Example" },
      privateKey: { algorithm: "RSA-2048" },
    });
    const resource = new SimulatedResource(certificate);
    const differences = [
      "dnsNames: has web.example.com, wants web.example.com, www.example.com",
      "privateKey.algorithm: has ECDSA-P256, wants RSA-2048",
      "subject.organization: has none, wants Example",
      "commonName: has web.example.com, wants other.example.com",
    ];
    expect((await resource.preview(wanted)).inputs.adoption).toEqual({ differences });
    await resource.up(wanted);
    expect(resource.outs).toMatchObject({
      fingerprintSha256: running.fingerprintSha256,
      dnsNames: ["web.example.com"],
    });
    expect((await resource.up(wanted)).isChanged).toBe(false);
  });

  test("later changes of the arguments are listed too, and recorded in place", async () => {
    const resource = await created();
    const changed = args({ dnsNames: ["www.example.com"] });
    const shown = await resource.preview(changed);
    expect(shown).toMatchObject({
      isChanged: true,
      inputs: {
        adoption: { differences: ["dnsNames: has web.example.com, wants www.example.com"] },
        renewal: { epoch: 1 },
      },
    });
    await resource.up(changed);
    expect(resource.outs).toMatchObject({
      fingerprintSha256: running.fingerprintSha256,
      dnsNames: ["web.example.com"],
    });
    expect((await resource.up(changed)).isChanged).toBe(false);
    expect((await resource.up(args())).inputs.adoption).toEqual({ differences: [] });
  });

  test("another issuer, and an issuer that changes, is no reason to issue", async () => {
    const resource = await created();
    const other = await created({ name: "p/s/other", commonName: "Other" }, certificateAuthority);
    const { issuer, credentials } = signedBy(other, {}, "urn:other");
    const given = args({ issuer, credentials });
    for (let run = 0; run < 3; run += 1) expect((await resource.up(given)).isChanged).toBe(false);
    await other.up({ name: "p/s/other", commonName: "Other", generation: 2 });
    const next = signedBy(other, { generation: 2 }, "urn:other");
    for (let run = 0; run < 3; run += 1) expect((await resource.up(args(next))).isChanged).toBe(false);
    expect((await resource.up(notAdopting(args(next)))).isChanged).toBe(false);
    expect((await resource.up(notAdopting(args(next)))).isChanged).toBe(false);
  });

  test.each<[string, Properties, number, string]>([
    ["the schedule", {}, 50, "Renewing"],
    ["triggers", { triggers: { adopt: "done" } }, 0, "TriggersChanged"],
  ])("%s bring the arguments in", async (_what, change, days, reason) => {
    const resource = await created(args({ dnsNames: ["web.example.com", "www.example.com"] }));
    setNow(start + days * day);
    const given = args({ dnsNames: ["web.example.com", "www.example.com"], ...change });
    const shown = await resource.preview(given);
    expect(shown.inputs.renewal).toMatchObject({ epoch: 2, reason });
    expect(shown.inputs).not.toHaveProperty("adoption");
    await resource.up(given);
    expect(resource.outs.dnsNames).toEqual(["web.example.com", "www.example.com"]);
    expect(resource.outs.trustBundlePem).toBe(root.outs.certificatePem);
    expect((await resource.up(given)).isChanged).toBe(false);
    // From now on it is like any other.
    expect((await resource.preview({ ...given, duration: "80d" })).inputs.renewal.reason).toBe("RequestChanged");
  });

  test("another window moves its due moment", async () => {
    const resource = await created();
    const before = Date.parse(resource.outs.renewal.dueAt);
    await resource.up(args({ renewBefore: "10d" }));
    expect(Date.parse(resource.outs.renewal.dueAt)).toBeGreaterThan(before + 18 * day);
  });

  test("it is due when an element of its chain is", async () => {
    const short = await createTestCa("Short", testRoot, {
      notBefore: new Date(start - day),
      notAfter: new Date(start + 40 * day),
    });
    const leaf = await issueTestCertificate(short, {
      dnsNames: ["web.example.com"],
      notAfter: new Date(start + 80 * day),
      notBefore: new Date(start - day),
    });
    const given = args({
      adopt: { certificatePem: leaf.fullChainPem },
      credentials: { adopt: { privateKeyPem: leaf.privateKeyPem } },
    });
    const resource = await created(given);
    setNow(start + 5 * day);
    expect((await resource.preview(given)).isChanged).toBe(false);
    setNow(start + 10 * day);
    expect((await resource.preview(given)).inputs.renewal).toMatchObject({ epoch: 2, reason: "Renewing" });
  });
});

describe("removing adopt later", () => {
  test.each([1, 50])("changes nothing, after %d days", async (days) => {
    const resource = await created(args({ dnsNames: ["www.example.com"] }));
    setNow(start + days * day);
    await resource.up(args({ dnsNames: ["www.example.com"] }));
    const { fingerprintSha256 } = resource.outs;
    const given = notAdopting(args({ dnsNames: ["www.example.com"] }));
    expect((await resource.preview(given)).isChanged).toBe(false);
    expect((await resource.up(given)).inputs).not.toHaveProperty("adoption");
    expect(resource.outs.fingerprintSha256).toBe(fingerprintSha256);
    await expect(resource.preview(args())).rejects.toThrow(
      "adopt: this certificate exists already, and adoption is how one begins. Remove adopt, or give the resource a new name.",
    );
  });
});

describe("adopting a CA", () => {
  const ca = (more: Properties = {}): Properties => ({
    name: "p/s/adopted",
    commonName: "Test Issuing",
    duration: "200d",
    renewBefore: "50d",
    adopt: { certificatePem: issuing.certificatePem, trustBundlePem: testRoot.certificatePem },
    credentials: { adopt: { privateKeyPem: issuing.privateKeyPem } },
    ...more,
  });

  test("takes over key and certificate, and issues with them", async () => {
    const resource = await created(ca(), certificateAuthority);
    expect(resource.outs).toMatchObject({ fingerprintSha256: issuing.fingerprintSha256, keyGeneration: 1 });
    expect(resource.inputs?.adoption).toEqual({
      differences: ["privateKey.algorithm: has ECDSA-P256, wants ECDSA-P384"],
    });
    expect((await resource.up(ca())).isChanged).toBe(false);
    const leaf = await created({
      name: "p/s/leaf",
      dnsNames: ["a.example"],
      duration: "30d",
      ...signedBy(resource),
    });
    expect(leaf.outs.chainPem).toBe(issuing.certificatePem);
    expect((await resource.up(notAdopting(ca()))).isChanged).toBe(false);
  });

  test("needs its key, and a CA", async () => {
    const resource = new SimulatedResource(certificateAuthority);
    await expect(resource.preview(ca({ credentials: {} }))).rejects.toThrow(
      "adopt: comes without its private key, so it could not sign.",
    );
    const leaf = {
      adopt: { certificatePem: running.certificatePem },
      credentials: { adopt: { privateKeyPem: running.privateKeyPem } },
    };
    await expect(resource.preview(ca(leaf))).rejects.toThrow('adopt: "CN=web.example.com" is no CA certificate.');
  });

  test("another generation makes a new key although it was adopted", async () => {
    const resource = await created(ca(), certificateAuthority);
    expect((await resource.preview(ca({ pathLength: 2 }))).inputs.renewal.epoch).toBe(1);
    const next = ca({ generation: 2 });
    expect((await resource.preview(next)).inputs.renewal).toMatchObject({ epoch: 2, reason: "RequestChanged" });
    await resource.up(next);
    expect(resource.outs.keyGeneration).toBe(2);
    expect(resource.outs.fingerprintSha256).not.toBe(issuing.fingerprintSha256);
    expect((await resource.up(next)).isChanged).toBe(false);
  });
});
