import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { day } from "../../../sdk/duration";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { certificateSet } from "../../../sdk/provider/certificateSet";
import { createCsr } from "../../../sdk/x509/csr";
import { type Properties, SimulatedResource, configure, setNow, signedBy } from "../../support/simulatedEngine";

const start = Date.UTC(2027, 0, 1, 8);
let root: SimulatedResource;

beforeEach(async () => {
  setNow(start);
  await configure(certificateSet);
  root = new SimulatedResource(certificateAuthority);
  await root.up({ name: "project/stack/root", commonName: "Example Root" });
});
afterEach(() => jest.useRealTimers());

const dns = (name: string, more: Properties = {}): Properties => ({ dnsNames: [`${name}.internal.example`], ...more });
const three = { a: dns("a"), b: dns("b"), c: dns("c", { duration: "60d" }) };

const fleet = (members: Properties = three, more: Properties = {}): Properties => ({
  name: "project/stack/fleet",
  duration: "90d",
  renewBefore: "30d",
  members: JSON.stringify(members),
  ...signedBy(root),
  ...more,
});

interface Contents {
  certificates: Record<string, string>;
  issued: Record<string, string>;
  chains: Record<string, string>;
  trustBundles: Record<string, string>;
  failures: Record<string, string>;
}
const contents = (set: SimulatedResource): Contents => JSON.parse(set.outs.contentsJson);
const keys = (set: SimulatedResource): Record<string, string> => JSON.parse(set.outs.privateKeysJson);
const touched = (before: Contents, after: Contents): string[] =>
  Object.keys(after.certificates).filter((name) => after.certificates[name] !== before.certificates[name]);

async function created(args: Properties = fleet()): Promise<SimulatedResource> {
  const set = new SimulatedResource(certificateSet);
  await set.up(args);
  return set;
}

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

describe("manifests", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "manifests-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const permitted = { dnsDomains: ["team.example"], maxDuration: "30d", keyAlgorithms: ["ECDSA-P256"] };
  const manifest = (text: string, file = "team.yaml"): string => {
    const path = join(folder, file);
    writeFileSync(path, text);
    return path;
  };
  const withManifest = (text: string, more: Properties = {}): Properties =>
    fleet({ a: dns("a") }, { manifests: [manifest(text)], permitted, ...more });
  const refused = (text: string, more: Properties = {}): Promise<unknown> =>
    new SimulatedResource(certificateSet).preview(withManifest(text, more));

  test("bring members as YAML or JSON", async () => {
    const yaml = manifest("certificates:\n  web:\n    dnsNames: [web.team.example]\n    duration: 20d\n");
    const json = manifest(
      '{ "certificates": { "api": { "dnsNames": ["api.team.example"], "duration": "20d" } } }',
      "api.json",
    );
    const args = fleet({ a: dns("a") }, { manifests: [yaml, json], permitted, renewBefore: "30%" });
    const set = await created(args);
    expect(Object.keys(contents(set).certificates)).toEqual(["a", "web", "api"]);
    expect((await set.preview(args)).isChanged).toBe(false);
  });

  test.each<[string, string, string]>([
    ["malformed YAML", "certificates:\n  web: [\n", "team.yaml:"],
    ["a second member of the same name", "certificates:\n  w: {}\n  w: {}\n", "team.yaml:3: Map keys must be unique"],
    ["another key", "issuer: mine\n", 'team.yaml:1: "issuer" is not known.'],
    ["no object", "- web\n", "team.yaml:1: is no object."],
    [
      "an issuer",
      "certificates:\n  w:\n    dnsNames: [w.team.example]\n    issuer: mine\n",
      'team.yaml:4: certificates["w"].issuer is nothing that a manifest may say.',
    ],
    [
      "a usage",
      "certificates:\n  w:\n    extendedKeyUsages: [codeSigning]\n",
      'team.yaml:3: certificates["w"].extendedKeyUsages is nothing',
    ],
    [
      "a name outside",
      "certificates:\n  w:\n    dnsNames: [w.other.example]\n    duration: 20d\n",
      'team.yaml:2: certificates["w"]: "w.other.example" is outside',
    ],
    [
      "a kind of name that is not permitted",
      "certificates:\n  w:\n    ipAddresses: [10.0.0.1]\n    duration: 20d\n",
      'certificates["w"].ipAddresses: ipAddresses are not permitted.',
    ],
    [
      "a longer life",
      "certificates:\n  w:\n    dnsNames: [w.team.example]\n    duration: 31d\n",
      'certificates["w"].duration: "31d" is longer than the 30d that are permitted.',
    ],
    [
      "another key",
      "certificates:\n  w:\n    dnsNames: [w.team.example]\n    duration: 20d\n    privateKey: { algorithm: RSA-2048 }\n",
      'certificates["w"].privateKey.algorithm: "RSA-2048" is not permitted.',
    ],
    [
      "a common name that is none of its names",
      "certificates:\n  w:\n    dnsNames: [w.team.example]\n    duration: 20d\n    commonName: admin\n",
      '"admin" is none of its dnsNames.',
    ],
    [
      "no DNS name",
      "certificates:\n  w:\n    dnsNames: [w_x.team.example]\n    duration: 20d\n",
      'team.yaml:2: certificates["w"].dnsNames[0]',
    ],
    [
      "a member of the program again",
      "certificates:\n  a:\n    dnsNames: [w.team.example]\n    duration: 20d\n",
      'certificates["a"]: the member exists already.',
    ],
    [
      "a name like a property of objects",
      "certificates:\n  __proto__:\n    dnsNames: [w.team.example]\n",
      'certificates: "__proto__" is no name of a member.',
    ],
  ])("are refused with their line for %s", async (_what, text, message) => {
    await expect(refused(text)).rejects.toThrow(message);
  });

  test("need a set that says what is permitted", async () => {
    const args = fleet({}, { manifests: [manifest("certificates:\n  w: {}\n")] });
    await expect(new SimulatedResource(certificateSet).preview(args)).rejects.toThrow(
      "does not say what manifests may ask for",
    );
  });

  test("are refused when they cannot be read", async () => {
    const args = fleet({}, { manifests: [join(folder, "absent.yaml")], permitted });
    await expect(new SimulatedResource(certificateSet).preview(args)).rejects.toThrow(
      /absent.yaml" cannot be read.*relative to the program/s,
    );
  });
});

describe("bad input names the member", () => {
  test.each<[string, Properties, string]>([
    ["a name that is no DNS name", { a: { dnsNames: ["a..b"] } }, 'members["a"].dnsNames[0]'],
    ["an empty certificate", { a: {} }, 'members["a"].dnsNames: the certificate would be empty'],
    ["a window longer than its life", { a: dns("a", { duration: "20d" }) }, 'members["a"].renewBefore'],
    ["an unknown argument", { a: dns("a", { names: [] }) }, 'members["a"].names: is no argument of a member.'],
    ["no object", { a: "web.example" }, 'members["a"]: is no object.'],
    ["a name that is none", { "a b": dns("a") }, 'members: "a b" is no name of a member.'],
  ])("%s", async (_what, members, message) => {
    await expect(new SimulatedResource(certificateSet).preview(fleet(members))).rejects.toThrow(message);
  });

  test("a common name outside the constraints of the CA", async () => {
    const nameConstraints = { permitted: { dnsDomains: ["internal.example"] } };
    await root.up({ name: "project/stack/root", commonName: "Example Root", nameConstraints });
    const members = { a: { commonName: "web.elsewhere.example" } };
    await expect(new SimulatedResource(certificateSet).preview(fleet(members))).rejects.toThrow(
      'members["a"]."web.elsewhere.example" is outside the issuing CA\'s name constraints',
    );
  });

  test("too many for one resource", async () => {
    const members = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, dns(`m${i}`)]));
    await expect(new SimulatedResource(certificateSet).preview(fleet(members))).rejects.toThrow(
      /20000 members would need about 3\d MB/,
    );
  });
});
