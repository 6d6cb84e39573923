import { X509Certificate } from "node:crypto";
import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { unknown } from "../../../sdk/provider/unknown";
import { type Properties, setNow, signedBy, SimulatedResource, useClock, start } from "../../support/simulatedEngine";

let root: SimulatedResource;

const authority = (name: string, more: Properties = {}): Properties => ({
  name: `project/stack/${name}`,
  commonName: name,
  ...more,
});
const web = (more: Properties = {}): Properties => ({
  name: "project/stack/web",
  dnsNames: ["web.example"],
  duration: "90d",
  renewBefore: "30d",
  ...signedBy(root),
  ...more,
});
/** The wire form of a CA in a preview in which it is updated. */
const updating = (generation = 1, resource = "urn:ca"): Properties => ({
  issuer: { kind: "certificateAuthority", resource, generation },
  credentials: { issuer: unknown },
});
const created = async (provider: typeof certificate, args: Properties): Promise<SimulatedResource> => {
  const resource = new SimulatedResource(provider);
  await resource.up(args);
  return resource;
};
const signed = (leaf: SimulatedResource, ca: SimulatedResource): boolean =>
  new X509Certificate(leaf.outs.certificatePem).verify(new X509Certificate(ca.outs.certificatePem).publicKey);

useClock(certificate);
beforeEach(async () => {
  root = await created(certificateAuthority, authority("root"));
});

describe("what a check sees of the CA", () => {
  test("is what its credentials say: key, chain and the earliest end", async () => {
    const leaf = await created(certificate, web());
    const { notAfter } = root.outs;
    expect(leaf.inputs?.issuer.seen).toMatch(/^[0-9a-f]{16}\/[0-9a-f]{16} /);
    expect(leaf.inputs?.issuer.seen.split(" ")).toEqual([leaf.inputs?.renewal.issuer, notAfter]);
  });

  test("stays what it was where ignoreChanges holds back the issuer or its credentials", async () => {
    const leaf = await created(certificate, web());
    const other = await created(certificateAuthority, authority("other"));
    const { issuer } = leaf.inputs as Properties;
    for (const args of [web({ ...signedBy(other), issuer }), web({ credentials: {} })]) {
      const { inputs, isChanged } = await leaf.preview(args);
      expect(inputs.issuer).toEqual(issuer);
      expect(isChanged).toBe(false);
    }
  });

  test("is an error of the preview if it cannot be read", async () => {
    const args = web(signedBy({ outs: { ...root.outs, certificatePem: "no certificate" } }));
    await expect(new SimulatedResource(certificate).preview(args)).rejects.toThrow("issuer.certificatePem");
  });
});

describe("a CA that renews itself", () => {
  const caArgs = authority("issuing", { duration: "90d", renewBefore: "30d" });
  let issuing: SimulatedResource;
  let leaf: SimulatedResource;
  const args = (more: Properties = {}): Properties =>
    web({ duration: "30d", renewBefore: "10d", ...signedBy(issuing), ...more });

  beforeEach(async () => {
    issuing = await created(certificateAuthority, { ...caArgs, ...signedBy(root) });
    leaf = await created(certificate, args());
    setNow(start + 15 * day);
  });

  test("changes nothing in that up, and only the chain in the next, which its preview shows", async () => {
    const before = leaf.outs;
    await issuing.up({ ...caArgs, ...signedBy(root), triggers: { a: "1" } });
    expect(issuing.outs.privateKeyPem).toBeDefined();
    expect((await leaf.preview(args(updating()))).isChanged).toBe(false);
    expect((await leaf.up(args())).isChanged).toBe(false);
    expect(leaf.outs).toEqual(before);

    const shown = await leaf.preview(args());
    expect(shown).toMatchObject({ isChanged: true, inputs: { renewal: { epoch: 2, reason: "IssuerRenewed" } } });
    expect((await leaf.up(args())).inputs).toEqual(shown.inputs);
    const { certificatePem, privateKeyPem, fingerprintSha256, notAfter } = before;
    expect(leaf.outs).toMatchObject({ certificatePem, privateKeyPem, fingerprintSha256, notAfter });
    expect(leaf.outs.chainPem).toBe(issuing.outs.certificatePem);
    expect(leaf.outs.chainPem).not.toBe(before.chainPem);
    expect((await leaf.up(args())).isChanged).toBe(false);
  });

  test("and is updated again in the next run, is still shown by that one's preview", async () => {
    await issuing.up({ ...caArgs, ...signedBy(root), triggers: { a: "1" } });
    await leaf.up(args());
    expect((await leaf.preview(args(updating()))).inputs.renewal.reason).toBe("IssuerRenewed");
    await leaf.up(args());
    expect(leaf.outs.chainPem).toBe(issuing.outs.certificatePem);
  });

  test("with another key reissues in the next run, not in its own", async () => {
    await issuing.up({ ...caArgs, ...signedBy(root), compromisedKeys: [issuing.outs.spkiSha256] });
    const { fingerprintSha256 } = leaf.outs;
    expect((await leaf.up(args())).isChanged).toBe(false);
    expect((await leaf.preview(args())).inputs.renewal).toMatchObject({ epoch: 2, reason: "IssuerKeyChanged" });
    await leaf.up(args());
    expect(leaf.outs.fingerprintSha256).not.toBe(fingerprintSha256);
    expect(signed(leaf, issuing)).toBe(true);
  });

  test("with another generation reissues in the same run, as its preview shows", async () => {
    const shown = await leaf.preview(args(updating(2)));
    expect(shown).toMatchObject({ isChanged: true, inputs: { renewal: { epoch: 2, reason: "IssuerKeyChanged" } } });
    const { privateKeyPem } = issuing.outs;
    await issuing.up({ ...caArgs, ...signedBy(root), generation: 2 });
    expect(issuing.outs.privateKeyPem).not.toBe(privateKeyPem);
    await leaf.up(args(signedBy(issuing, { generation: 2 })));
    expect(signed(leaf, issuing)).toBe(true);
    expect((await leaf.up(args(signedBy(issuing, { generation: 2 })))).isChanged).toBe(false);
  });

  test("under another name is the same CA", async () => {
    const renamed = signedBy(issuing, { generation: 5 }, "urn:renamed");
    expect((await leaf.up(args(renamed))).isChanged).toBe(false);
    expect((await leaf.up(args(renamed))).isChanged).toBe(false);
  });

  test("keeps what a paused certificate has, besides its chain", async () => {
    await leaf.up(args({ paused: true }));
    await issuing.up({ ...caArgs, ...signedBy(root), triggers: { a: "1" } });
    setNow(start + 27 * day);
    await leaf.up(args({ paused: true }));
    const { fingerprintSha256 } = leaf.outs;
    await leaf.up(args({ paused: true }));
    expect(leaf.outs.fingerprintSha256).toBe(fingerprintSha256);
    expect(leaf.outs.chainPem).toBe(issuing.outs.certificatePem);
  });
});

describe("CAs that share a name, or a trust bundle", () => {
  const sameName = (name: string, more: Properties = {}): Properties =>
    authority(name, { commonName: "Example", ...more });

  test("a certificate comes without its chain: the issuing CA bears its root's name", async () => {
    const top = await created(certificateAuthority, sameName("top"));
    const below = await created(certificateAuthority, sameName("below", signedBy(top)));
    const leaf = await created(certificate, web(signedBy(below)));
    expect(leaf.outs.chainPem).toBe(below.outs.certificatePem);
    expect(leaf.outs.trustBundlePem).toBe(top.outs.certificatePem);
    expect(signed(leaf, below)).toBe(true);
  });

  test("a lifetime is cut to the end of a root that has nothing to do with it", async () => {
    const old = await created(certificateAuthority, authority("old", { duration: "60d" }));
    const issuing = await created(certificateAuthority, authority("issuing", signedBy(root)));
    const trustBundlePem = old.outs.certificatePem + root.outs.certificatePem;
    const leaf = await created(certificate, web(signedBy({ outs: { ...issuing.outs, trustBundlePem } })));
    expect(leaf.outs.notAfter).toBe("2027-04-01T08:00:00Z");
    expect(leaf.outs).not.toHaveProperty("warnings");
  });
});

describe("a lifetime that the CA's end cuts", () => {
  const caArgs = authority("short", { duration: "100d", renewBefore: "20d" });
  let short: SimulatedResource;

  beforeEach(async () => {
    short = await created(certificateAuthority, caArgs);
    setNow(start + 20 * day);
  });

  test("is cut with a warning, and not renewed over and over", async () => {
    const args = (): Properties =>
      web({ duration: "90d", renewBefore: "30d", ...signedBy(short, { duration: "100d" }) });
    const leaf = await created(certificate, args());
    expect(leaf.outs.notAfter).toBe(short.outs.notAfter);
    expect(leaf.outs.warnings).toEqual([
      "The lifetime is cut to 2027-04-11, the end of the issuing CA or one above it: renew the CA before.",
    ]);
    for (let days = 21; days < 100; days += 1) {
      setNow(start + days * day);
      expect([days, (await leaf.up(args())).isChanged]).toEqual([days, false]);
    }
  });

  test("is renewed once its CA is, in one run, and then not again", async () => {
    const args = (): Properties =>
      web({ duration: "90d", renewBefore: "30d", ...signedBy(short, { duration: "100d" }) });
    const leaf = await created(certificate, args());
    setNow(start + 81 * day);
    await short.up(caArgs);
    const { fingerprintSha256 } = leaf.outs;
    const shown = await leaf.preview(web({ ...args(), ...updating() }));
    expect(shown.isChanged).toBe(true);
    await leaf.up(args());
    expect(leaf.outs.fingerprintSha256).not.toBe(fingerprintSha256);
    expect(leaf.outs).not.toHaveProperty("warnings");
    const issued = leaf.outs.fingerprintSha256;
    for (let days = 81; days < 115; days += 1) {
      setNow(start + days * day);
      await leaf.up(args());
      expect(leaf.outs.fingerprintSha256).toBe(issued);
    }
  });

  test("that could never fit is an error", async () => {
    const args = web({ duration: "101d", renewBefore: "30d", ...signedBy(short, { duration: "100d" }) });
    await expect(new SimulatedResource(certificate).preview(args)).rejects.toThrow(
      "duration: 101d is longer than the whole life of the issuing CA (100d). Ask for a shorter duration or give the CA a longer one.",
    );
  });

  test("of an expired CA is an error that says so", async () => {
    setNow(start + 101 * day);
    await expect(created(certificate, web(signedBy(short)))).rejects.toThrow(
      "The issuing CA, or one above it, expired on 2027-04-11. Renew the CA first.",
    );
  });
});

describe("names outside the CA's constraints", () => {
  const constraints = { permitted: { dnsDomains: ["internal.example"] }, excluded: { ipRanges: ["10.0.0.0/8"] } };

  test.each<[string, Properties, string]>([
    ["a DNS name", { dnsNames: ["web.example"] }, '"web.example" is outside'],
    [
      "a common name that looks like one",
      { dnsNames: undefined, commonName: "web.example" },
      '"web.example" is outside',
    ],
    ["an address", { dnsNames: undefined, ipAddresses: ["10.1.2.3"] }, '"10.1.2.3" is outside'],
  ])("%s is refused by the preview, whether the CA exists or not", async (_what, names, message) => {
    const args = Object.fromEntries(Object.entries(web(names)).filter(([, value]) => value !== undefined));
    const constrained = await created(certificateAuthority, authority("constrained", { nameConstraints: constraints }));
    const preview = (more: Properties): Promise<unknown> =>
      new SimulatedResource(certificate).preview({ ...args, ...more });
    await expect(preview(signedBy(constrained))).rejects.toThrow(message);
    const notYet = { ...updating().issuer, nameConstraints: constraints };
    await expect(preview({ issuer: notYet, credentials: unknown })).rejects.toThrow(message);
    await expect(preview({})).resolves.toBeDefined();
  });

  test("also those of a CA further up", async () => {
    const above = await created(certificateAuthority, authority("above", { nameConstraints: constraints }));
    const below = await created(certificateAuthority, authority("below", { duration: "1y", ...signedBy(above) }));
    await expect(new SimulatedResource(certificate).preview(web(signedBy(below)))).rejects.toThrow(
      "is outside the issuing CA's name constraints",
    );
  });
});
