import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { type Properties, setNow, signedBy, SimulatedResource, start } from "../../support/simulatedEngine";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";
import { useAdoptions, testRoot, running, root, args, created, notAdopting } from "../../support/adoptions";

useAdoptions();

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
