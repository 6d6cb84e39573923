import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { type Properties, setNow, SimulatedResource, start } from "../../support/simulatedEngine";
import { useAdoptions, folder, testRoot, issuing, running, args, created, notAdopting } from "../../support/adoptions";

useAdoptions();

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
