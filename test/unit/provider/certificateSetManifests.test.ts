import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateSet } from "../../../sdk/provider/certificateSet";
import { type Properties, SimulatedResource } from "../../support/simulatedEngine";
import { useCertificateSets, dns, fleet, contents, created } from "../../support/certificateSets";

useCertificateSets();

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
