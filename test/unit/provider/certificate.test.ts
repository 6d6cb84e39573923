import { X509Certificate } from "node:crypto";
import { day, hour } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import {
  configure,
  type Properties,
  providersOfAnotherProcess,
  setNow,
  signedBy,
  SimulatedResource,
  useClock,
  start,
} from "../../support/simulatedEngine";

const anotherProcess = providersOfAnotherProcess();
let root: SimulatedResource;

const authority = (name: string, more: Properties = {}): Properties => ({
  name: `project/stack/${name}`,
  commonName: `Example ${name}`,
  ...more,
});
const web = (more: Properties = {}): Properties => ({
  name: "project/stack/web",
  dnsNames: ["web.internal.example"],
  duration: "90d",
  renewBefore: "30d",
  ...signedBy(root),
  ...more,
});
const created = async (args: Properties = web()): Promise<SimulatedResource> => {
  const resource = new SimulatedResource(certificate);
  await resource.up(args);
  return resource;
};

useClock(certificate);
beforeEach(async () => {
  root = new SimulatedResource(certificateAuthority);
  await root.up(authority("root"));
});

describe("the first issuance", () => {
  test("gives a certificate of the CA with every output, and an id that tells it from others of its name", async () => {
    const resource = await created();
    const { outs, id } = resource;
    const leaf = new X509Certificate(outs.certificatePem);
    expect(leaf.verify(new X509Certificate(root.outs.certificatePem).publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe("DNS:web.internal.example");
    expect(Date.parse(leaf.validFrom)).toBe(start - 60_000);
    expect(outs).toMatchObject({
      stateVersion: 1,
      chainPem: "",
      trustBundlePem: root.outs.certificatePem,
      privateKeyPem: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/),
      notAfter: "2027-04-01T08:00:00Z",
      fingerprintSha256: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
      spkiSha256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      dnsNames: ["web.internal.example"],
      renewal: { epoch: 1, reason: "DoesNotExist" },
    });
    expect(id).toMatch(/^web-[0-9a-f]{8}$/);
    expect((await created()).id).not.toBe(id);
  });

  test("leaves open in the preview what only the run can know", async () => {
    const resource = new SimulatedResource(certificate);
    const { inputs, isChanged } = await resource.preview(web());
    expect(isChanged).toBe(true);
    expect(inputs.renewal).toEqual({
      epoch: 1,
      reason: "DoesNotExist",
      dueAt: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
      issuer: expect.any(String),
    });
    await resource.up(web());
    expect(resource.inputs?.renewal).toMatchObject({ epoch: 1, dueAt: expect.stringMatching(/^2027-/) });
  });

  test("that failed leaves nothing behind, and the next run issues", async () => {
    const resource = new SimulatedResource(certificate);
    const { credentials: _, ...withoutCa } = web();
    await expect(resource.up(withoutCa)).rejects.toThrow("did not reach the certificate");
    expect(resource.id).toBeUndefined();
    await resource.up(web());
    expect(resource.outs.certificatePem).toContain("BEGIN CERTIFICATE");
  });
});

describe("an idle run", () => {
  test("changes no input, finds no difference, and a refresh neither", async () => {
    const resource = await created();
    const before = JSON.stringify(resource.inputs);
    for (const later of [0, day, 20 * day, 56 * day]) {
      setNow(start + later);
      expect(await resource.preview(web())).toEqual({ inputs: JSON.parse(before), isChanged: false });
      expect((await resource.up(web())).isChanged).toBe(false);
      expect(JSON.stringify(resource.inputs)).toBe(before);
      expect(await resource.refresh(anotherProcess.certificate)).toBe(false);
    }
  });

  test.each<[string, Properties]>([
    [
      "metadata and keystores",
      {
        owner: { team: "payments" },
        keystores: { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } },
        credentials: { keystores: { "a.p12": "correct horse" } },
      },
    ],
    [
      "all kinds of names",
      {
        dnsNames: ["BÜCHER.example", "*.x.example"],
        ipAddresses: ["2001:DB8::1"],
        uris: ["spiffe://x/y"],
        emailAddresses: ["a@x.example"],
        commonName: "x",
      },
    ],
    [
      "a percentage, triggers and compromised keys of others",
      { renewBefore: "40%", triggers: { a: "1" }, compromisedKeys: ["abc="] },
    ],
    [
      "usages, a fixed key and a limit for failures",
      {
        keyUsages: ["digitalSignature"],
        extendedKeyUsages: ["clientAuth"],
        privateKey: { algorithm: "ECDSA-P384", rotationPolicy: "never" },
        onRenewalFailure: { keepUntil: "3d" },
      },
    ],
  ])("of a certificate with %s", async (_what, more) => {
    const args = web({ ...more, credentials: { ...web().credentials, ...more.credentials } });
    const resource = await created(args);
    const before = JSON.stringify(resource.inputs);
    setNow(start + day);
    expect((await resource.up(args)).isChanged).toBe(false);
    expect(JSON.stringify(resource.inputs)).toBe(before);
  });
});

describe("a certificate that comes due", () => {
  const due = start + 58 * day;

  test("is renewed by check where check ran, and not by a refresh", async () => {
    const resource = await created();
    const { spkiSha256, fingerprintSha256 } = resource.outs;
    setNow(due);
    const recorded = resource.inputs;
    expect(await resource.refresh(anotherProcess.certificate)).toBe(false);
    const shown = await resource.preview(web());
    expect(shown.isChanged).toBe(true);
    expect(shown.inputs.renewal).toMatchObject({ epoch: 2, reason: "Renewing" });
    expect(Date.parse(shown.inputs.renewal.dueAt)).toBeGreaterThan(due + 50 * day);
    expect(resource.inputs).toBe(recorded);

    const { inputs } = await resource.up(web());
    expect(inputs).toEqual(shown.inputs);
    expect(resource.outs.fingerprintSha256).not.toBe(fingerprintSha256);
    expect(resource.outs.spkiSha256).not.toBe(spkiSha256);
    expect(resource.outs.notAfter).toBe(new Date(due + 90 * day).toISOString().replace(".000", ""));
    expect((await resource.up(web())).isChanged).toBe(false);
  });

  test("keeps its key if that is asked for", async () => {
    const args = web({ privateKey: { rotationPolicy: "never" } });
    const resource = await created(args);
    const { spkiSha256, fingerprintSha256 } = resource.outs;
    setNow(due);
    await resource.up(args);
    expect(resource.outs).toMatchObject({ spkiSha256, renewal: { epoch: 2, reason: "Renewing" } });
    expect(resource.outs.fingerprintSha256).not.toBe(fingerprintSha256);
  });

  test("takes another way to rotate its key without being issued again", async () => {
    const resource = await created();
    const { fingerprintSha256 } = resource.outs;
    await resource.up(web({ privateKey: { rotationPolicy: "never" } }));
    expect(resource.outs).toMatchObject({ fingerprintSha256, renewal: { epoch: 1 } });
  });

  test("gets a key of another algorithm if that is asked for, also where the key is to be kept", async () => {
    const resource = await created(web({ privateKey: { rotationPolicy: "never" } }));
    await resource.up(web({ privateKey: { rotationPolicy: "never", algorithm: "ECDSA-P384" } }));
    const { asymmetricKeyDetails } = new X509Certificate(resource.outs.certificatePem).publicKey;
    expect(asymmetricKeyDetails).toEqual({ namedCurve: "secp384r1" });
  });

  test("is left alone while paused, also after its end", async () => {
    const args = web({ paused: true });
    const resource = await created(args);
    for (const later of [60, 89, 100]) {
      setNow(start + later * day);
      expect((await resource.up(args)).isChanged).toBe(false);
    }
    expect((await resource.up(web())).inputs.renewal).toMatchObject({ epoch: 2, reason: "Expired" });
  });

  test("is not due before, whatever its place in the day", async () => {
    const resource = await created();
    const dueAt = Date.parse(resource.outs.renewal.dueAt);
    for (const [now, isDue] of [
      [dueAt - day - 1, false],
      [dueAt - day, false],
      [dueAt - day + 1, true],
    ] as const) {
      setNow(now);
      expect((await resource.preview(web())).isChanged).toBe(isDue);
    }
  });

  test("whose real end is nearer than its schedule says is renewed by its real end", async () => {
    const resource = await created();
    resource.outs = { ...resource.outs, notAfter: "2027-01-20T08:00:00Z" };
    expect(await resource.preview(web())).toMatchObject({ isChanged: true, inputs: { renewal: { epoch: 1 } } });
    expect((await resource.preview(web({ paused: true }))).isChanged).toBe(false);
    expect(await resource.refresh(anotherProcess.certificate)).toBe(false);
    await resource.up(web());
    expect(resource.outs.notAfter).toBe("2027-04-01T08:00:00Z");
    expect((await resource.up(web())).isChanged).toBe(false);
  });

  test("is shown by a preview at another time, which an up refuses unless the stack allows it", async () => {
    const resource = await created();
    process.env.PULUMI_CERTIFICATES_NOW = "2027-03-02";
    expect((await resource.preview(web())).inputs.renewal).toMatchObject({ epoch: 2, reason: "Renewing" });
    await expect(resource.up(web())).rejects.toThrow("PULUMI_CERTIFICATES_NOW is set, and this run is no preview.");
    await configure(certificate, { "certificates:allowTimeTravel": "true" });
    await resource.up(web());
    expect(Date.parse(new X509Certificate(resource.outs.certificatePem).validFrom)).toBe(start - 60_000);
    process.env.PULUMI_CERTIFICATES_NOW = "soon";
    await expect(resource.preview(web())).rejects.toThrow('PULUMI_CERTIFICATES_NOW: "soon" is not a date.');
  });

  test("by the stack's cadence: a window that a run could miss is refused", async () => {
    await configure(certificate, { "certificates:cadence": "45d" });
    await expect(new SimulatedResource(certificate).preview(web())).rejects.toThrow(
      "renewBefore: 30d before the end is shorter than the stack's cadence of 45d: a run could miss it.",
    );
    await configure(certificate, { "certificates:cadence": "often" });
    await expect(new SimulatedResource(certificate).preview(web())).rejects.toThrow(
      'the stack configuration certificates:cadence: "often" is not a duration.',
    );
    await configure(certificate, { "certificates:cadence": "1h" });
    const resource = await created(web({ duration: "1d", renewBefore: "2h" }));
    setNow(start + 20 * hour);
    expect((await resource.preview(web({ duration: "1d", renewBefore: "2h" }))).isChanged).toBe(false);
    setNow(start + 22 * hour);
    expect((await resource.preview(web({ duration: "1d", renewBefore: "2h" }))).isChanged).toBe(true);
  });
});
