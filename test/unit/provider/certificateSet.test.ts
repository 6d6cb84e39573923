import { createPrivateKey, X509Certificate } from "node:crypto";
import { day } from "../../../sdk/duration";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { certificateSet } from "../../../sdk/provider/certificateSet";
import { createCsr } from "../../../sdk/x509/csr";
import { type Properties, SimulatedResource, setNow, signedBy, start } from "../../support/simulatedEngine";
import {
  useCertificateSets,
  root,
  dns,
  three,
  fleet,
  contents,
  keys,
  touched,
  created,
} from "../../support/certificateSets";

useCertificateSets();

describe("members", () => {
  test("each have a certificate of the CA and a key of their own", async () => {
    const set = await created();
    const { certificates, trustBundles, failures } = contents(set);
    const authority = new X509Certificate(root.outs.certificatePem);
    for (const [name, pem] of Object.entries(certificates)) {
      const leaf = new X509Certificate(pem);
      expect(leaf.verify(authority.publicKey)).toBe(true);
      expect(leaf.subjectAltName).toBe(`DNS:${name}.internal.example`);
      expect(leaf.checkPrivateKey(createPrivateKey(keys(set)[name] ?? ""))).toBe(true);
    }
    expect(Object.keys(certificates)).toEqual(["a", "b", "c"]);
    expect(new Set(Object.values(keys(set))).size).toBe(3);
    expect(Object.values(trustBundles)).toEqual([root.outs.certificatePem]);
    expect(failures).toEqual({});
  });

  test("that are idle change no input and no output", async () => {
    const set = await created();
    setNow(start + day);
    const { inputs, isChanged } = await set.preview(fleet());
    expect(isChanged).toBe(false);
    expect(inputs).toEqual(set.inputs);
  });

  test("are added, changed and removed one by one, each named in the preview", async () => {
    const set = await created();
    const before = contents(set);
    const args = fleet({ a: dns("a"), b: dns("other"), d: dns("d") });
    const { inputs } = await set.preview(args);
    expect(inputs.changes).toEqual([
      expect.stringContaining("b was changed in the program [RequestChanged]"),
      expect.stringContaining("d was never issued [DoesNotExist]"),
      "c was removed",
    ]);
    await set.up(args);
    expect(touched(before, contents(set))).toEqual(["b", "d"]);
    expect(Object.keys(contents(set).certificates)).toEqual(["a", "b", "d"]);
    expect(Object.keys(keys(set)).sort()).toEqual(["a", "b", "d"]);
  });

  test("are renewed one by one, on the day that each is due", async () => {
    const set = await created();
    const before = contents(set);
    setNow(start + 35 * day);
    const { inputs, isChanged } = await set.preview(fleet());
    expect(isChanged).toBe(true);
    expect(inputs.changes).toEqual([expect.stringMatching(/^c is due \[Renewing\]: due since 2027-01-\d\d, /)]);
    await set.up(fleet());
    expect(touched(before, contents(set))).toEqual(["c"]);
    expect((await set.preview(fleet())).isChanged).toBe(false);
  });

  test("of a mass renewal are spread over runs, those with the least life left first", async () => {
    const members = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`m${i}`, dns(`m${i}`)]));
    const args = fleet(members, { maxRenewalsPerUpdate: 4 });
    const set = await created(args);
    setNow(start + 62 * day);
    const renewed: string[][] = [];
    for (let run = 0; run < 3; run++) {
      const before = contents(set);
      await set.up(args);
      renewed.push(touched(before, contents(set)));
    }
    expect(renewed.map((names) => names.length)).toEqual([4, 4, 2]);
    expect(new Set(renewed.flat()).size).toBe(10);
    expect((await set.preview(args)).isChanged).toBe(false);
  });

  test("whose key is compromised are issued again with a new key, and no other", async () => {
    const set = await created();
    const before = contents(set);
    const spki = before.issued.b?.split(" ")[4];
    await set.up(fleet(three, { compromisedKeys: [spki] }));
    expect(touched(before, contents(set))).toEqual(["b"]);
    expect((await set.preview(fleet(three, { compromisedKeys: [spki] }))).isChanged).toBe(false);
  });

  test("a CSR certifies its key, and no private key of that member is in the state", async () => {
    const key = await generatePrivateKey("ECDSA-P256");
    const csrPem = await createCsr({ subject: {}, names: { dnsNames: ["a.internal.example"] }, key });
    const set = await created(fleet({ a: { csrPem }, b: dns("b") }));
    expect(new X509Certificate(contents(set).certificates.a ?? "").checkPrivateKey(key)).toBe(true);
    expect(Object.keys(keys(set))).toEqual(["b"]);
  });
});

describe("an issuer that renewed itself", () => {
  test("gives all members its new chain in the run after the one that recorded it, and keeps their certificates", async () => {
    const set = await created();
    const before = contents(set);
    await root.up({ name: "project/stack/root", commonName: "Example Root", triggers: { x: "1" } });
    expect((await set.up(fleet())).isChanged).toBe(false);
    const { inputs } = await set.preview(fleet());
    expect(inputs.changes).toHaveLength(3);
    expect(inputs.changes[0]).toContain("[IssuerRenewed]");
    await set.up(fleet());
    expect(touched(before, contents(set))).toEqual([]);
    expect(Object.values(contents(set).trustBundles)).toEqual([root.outs.certificatePem]);
  });
});

describe("a member that fails", () => {
  const wrong = { ...three, b: dns("b", { privateKey: { algorithm: "ECDSA-P256", rotationPolicy: "never" } }) };

  test("by a change of the user fails the run, and loses or blocks no other", async () => {
    const set = new SimulatedResource(certificateSet);
    const broken = { ...signedBy(root).credentials };
    await expect(set.up(fleet(three, { credentials: {} }))).rejects.toThrow("3 of 3 members failed");
    expect(set.id).toMatch(/^fleet-/);
    await set.up(fleet(three, { credentials: broken }));
    expect(Object.keys(contents(set).certificates)).toHaveLength(3);
    expect((await set.preview(fleet())).isChanged).toBe(false);
  });

  test("by time keeps its certificate, says so, and is tried again", async () => {
    const set = await created(fleet(wrong));
    const before = contents(set);
    setNow(start + 35 * day);
    await set.up(fleet(wrong, { credentials: {} }));
    expect(touched(before, contents(set))).toEqual([]);
    expect(Object.keys(contents(set).failures)).toEqual(["c"]);
    expect(set.outs.lastFailure).toContain("c: The issuing CA's key");
    expect((await set.preview(fleet(wrong))).isChanged).toBe(false);
    setNow(start + 36 * day);
    expect((await set.preview(fleet(wrong))).isChanged).toBe(true);
    await set.up(fleet(wrong));
    expect(touched(before, contents(set))).toEqual(["c"]);
    expect(contents(set).failures).toEqual({});
    expect(set.outs.lastFailure).toBeUndefined();
  });
});

test("the preview of five thousand due members names each, in one line for each reason", async () => {
  const members = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`m${i}`, dns(`m${i}`)]));
  const set = new SimulatedResource(certificateSet);
  const { inputs } = await set.preview(fleet(members));
  set.id = "fleet-1";
  set.inputs = { ...inputs, schedule: scheduleOf(members, inputs.issuer.seen) };
  setNow(start + 62 * day);
  const due = (await set.check({ ...fleet(members), dryRun: true })).changes as string[];
  expect(due).toHaveLength(1);
  expect(due[0]?.slice(0, 40)).toBe("5000 members [Renewing]: m0, m1, m2, m3,");
  expect(due[0]?.split(", ")).toHaveLength(5000);
});

const scheduleOf = (members: Properties, seen: string): string => {
  const schedule = `1 DoesNotExist 2027-03-02T08:00:00Z ${seen.split(" ")[0]}`;
  return JSON.stringify(Object.fromEntries(Object.keys(members).map((name) => [name, schedule])));
};
