import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import {
  configure,
  type Properties,
  providersOfAnotherProcess,
  setNow,
  signedBy,
  SimulatedResource,
} from "../../support/simulatedEngine";

const start = Date.UTC(2027, 0, 1, 8);
const args = (more: Properties = {}): Properties => ({
  name: "root",
  scope: "project/stack",
  commonName: "Example Root",
  ...more,
});
const created = async (given: Properties = args()): Promise<SimulatedResource> => {
  const resource = new SimulatedResource(certificateAuthority);
  await resource.up(given);
  return resource;
};
const preview = (given: Properties): Promise<unknown> => new SimulatedResource(certificateAuthority).preview(given);

beforeEach(async () => {
  setNow(start);
  await configure(certificate);
});
afterEach(() => jest.useRealTimers());

describe("a root", () => {
  test("signs itself, for ten years, and is renewed with the same key", async () => {
    const root = await created();
    const { outs } = root;
    expect(outs).toMatchObject({
      chainPem: "",
      trustBundlePem: outs.certificatePem,
      notAfter: "2036-12-29T08:00:00Z",
      keyGeneration: 1,
    });
    expect(new X509Certificate(outs.certificatePem).ca).toBe(true);
    setNow(start + 2500 * day);
    const { inputs } = await root.up(args());
    expect(inputs.renewal).toMatchObject({ epoch: 2, reason: "Renewing" });
    expect(root.outs.privateKeyPem).toBe(outs.privateKeyPem);
    expect(root.outs.certificatePem).not.toBe(outs.certificatePem);
    expect((await root.up(args())).isChanged).toBe(false);
  });

  test.each<[string, Properties, boolean]>([
    ["a longer life", { duration: "12y" }, true],
    ["other constraints", { nameConstraints: { permitted: { dnsDomains: ["example"] } } }, true],
    ["another path length", { pathLength: 2 }, true],
    ["another generation", { generation: 2 }, false],
    ["another algorithm", { privateKey: { algorithm: "ECDSA-P256" } }, false],
  ])("is issued again for %s; the same key stays: %s", async (_what, change, sameKey) => {
    const root = await created();
    const { privateKeyPem, certificatePem } = root.outs;
    await root.up(args(change));
    expect(root.outs.certificatePem).not.toBe(certificatePem);
    expect(root.outs.privateKeyPem === privateKeyPem).toBe(sameKey);
    expect(root.outs.keyGeneration).toBe(change.generation ?? 1);
    expect((await root.up(args(change))).isChanged).toBe(false);
  });

  test("whose key is compromised gets another one at once", async () => {
    const root = await created();
    const { spkiSha256 } = root.outs;
    await root.up(args({ compromisedKeys: [spkiSha256] }));
    expect(root.outs.spkiSha256).not.toBe(spkiSha256);
    expect((await root.up(args({ compromisedKeys: [spkiSha256] }))).isChanged).toBe(false);
  });

  test("changes where its list is published in place", async () => {
    const root = await created();
    const { certificatePem } = root.outs;
    expect((await root.up(args({ crlUrls: ["http://crl.example/root.crl"] }))).isChanged).toBe(true);
    expect(root.outs.certificatePem).toBe(certificatePem);
  });
});

describe("a preview refuses", () => {
  const below = { kind: "certificateAuthority", resource: "urn:ca", generation: 1, pathLength: 0 };

  test.each<[string, Properties, string]>([
    ["a CA without a subject", { commonName: undefined }, "the certificate would be empty"],
    [
      "a CA with names only",
      { commonName: undefined, dnsNames: ["a.example"] },
      "A CA needs a subject: give a commonName.",
    ],
    ["a long common name", { commonName: "x".repeat(65) }, "has 65 characters, the limit is 64"],
    ["an unknown country", { subject: { country: "ZZ" } }, "is no ISO 3166-1 code of two capital letters"],
    [
      "an unknown algorithm",
      { privateKey: { algorithm: "DSA" } },
      'privateKey.algorithm: "DSA" is no known key algorithm.',
    ],
    [
      "an unknown rotation policy",
      { privateKey: { rotationPolicy: "often" } },
      'privateKey.rotationPolicy: "often" is not known.',
    ],
    ["an unknown usage", { keyUsages: ["sign"] }, 'keyUsages[0]: "sign" is no key usage.'],
    ["usages without signing", { keyUsages: ["cRLSign"] }, "keyUsages: lacks keyCertSign, so it could not issue."],
    ["an unknown purpose", { extendedKeyUsages: ["web"] }, 'extendedKeyUsages[0]: "web" is no extended key usage.'],
    ["a list that is fetched by HTTPS", { crlUrls: ["https://a.example/a.crl"] }, "is no http:// URL"],
    [
      "malformed constraints",
      { nameConstraints: { permitted: { dnsDomains: ["*.example"] } } },
      "begins with a dot or wildcard",
    ],
    ["a negative path length", { pathLength: -1 }, "pathLength: -1 is no whole number from 0 on."],
    ["half a path length", { pathLength: 1.5 }, "pathLength: 1.5 is no whole number from 0 on."],
    ["generation 0", { generation: 0 }, "generation: 0 is no whole number from 1 on."],
    [
      "a CA below one that may sign none",
      { issuer: below },
      "the issuing CA has pathLength 0 and may sign no further CA.",
    ],
    [
      "a path as long as the one above",
      { issuer: { ...below, pathLength: 2 }, pathLength: 2 },
      "2 is not smaller than the issuing CA's 2.",
    ],
    ["another signer than `external`", { signedBy: "somebody" }, 'signedBy: "somebody" is not known.'],
    [
      "two signers",
      { signedBy: "external", issuer: { ...below, pathLength: 3 } },
      "a CA that is signed elsewhere has no issuer here.",
    ],
    [
      "a signed certificate of its own",
      { signedCertificatePem: "x" },
      "signedCertificatePem: is for a CA that is signed elsewhere.",
    ],
    [
      "a window longer than the life",
      { duration: "1y", renewBefore: "2y" },
      "renewBefore: 730d is not smaller than the duration 365d.",
    ],
    ["a malformed signed certificate", { signedBy: "external", signedCertificatePem: "x" }, "signedCertificatePem"],
  ])("%s", async (_what, change, message) => {
    const given = Object.fromEntries(Object.entries(args(change)).filter(([, value]) => value !== undefined));
    await expect(preview(given)).rejects.toThrow(message);
  });
});

describe("a CA that is signed elsewhere", () => {
  let folder: string;
  const external = (more: Properties = {}): Properties =>
    args({ name: "external", commonName: "External", signedBy: "external", ...more });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "external-ca-"));
    openssl(
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-384",
      "-nodes",
      "-keyout",
      "root.key",
      "-out",
      "root.pem",
      "-days",
      "3650",
      "-subj",
      "/CN=Offline Root",
    );
    writeFileSync(
      join(folder, "ca.ext"),
      "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n",
    );
    writeFileSync(join(folder, "leaf.ext"), "basicConstraints=critical,CA:FALSE\n");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function openssl(...command: string[]): string {
    return execFileSync("openssl", command, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }
  /** What the keeper of the offline root does. */
  function sign(csrPem: string, extensions = "ca.ext"): string {
    writeFileSync(join(folder, "request.pem"), csrPem);
    return openssl(
      "x509",
      "-req",
      "-in",
      "request.pem",
      "-CA",
      "root.pem",
      "-CAkey",
      "root.key",
      "-days",
      "400",
      "-extfile",
      extensions,
    );
  }
  const rootPem = (): string => openssl("x509", "-in", "root.pem");
  const signed = (csrPem: string): Properties =>
    external({ signedCertificatePem: sign(csrPem), signedTrustBundlePem: rootPem() });

  test("begins with a request, signs nothing yet, and takes its certificate as soon as it is there", async () => {
    const ca = await created(external({ pathLength: 0 }));
    expect(ca.outs).not.toHaveProperty("certificatePem");
    writeFileSync(join(folder, "shown.pem"), ca.outs.csrPem);
    const text = openssl("req", "-in", "shown.pem", "-noout", "-text", "-verify");
    expect(text).toContain("CN = External");
    expect(text).toContain("CA:TRUE, pathlen:0");
    const leaf = { name: "web", scope: "p/s", dnsNames: ["web.example"], ...signedBy(ca, { seen: undefined }) };
    delete leaf.issuer.seen;
    await expect(new SimulatedResource(certificate).up(leaf)).rejects.toThrow("The CA may be awaiting its signature");
    expect((await ca.up(external({ pathLength: 0 }))).isChanged).toBe(false);

    const given: Properties = { ...signed(ca.outs.csrPem), pathLength: 0 };
    const { privateKeyPem, csrPem } = ca.outs;
    expect((await ca.preview(given)).isChanged).toBe(true);
    await ca.up(given);
    expect(ca.outs).toMatchObject({
      privateKeyPem,
      certificatePem: given.signedCertificatePem,
      trustBundlePem: rootPem(),
      chainPem: "",
    });
    expect(new X509Certificate(ca.outs.certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
    expect(csrPem).toContain("CERTIFICATE REQUEST");
    expect((await ca.up(given)).isChanged).toBe(false);

    const web = new SimulatedResource(certificate);
    await web.up({ ...leaf, ...signedBy(ca) });
    expect(web.outs.fullChainPem).toBe(web.outs.certificatePem + ca.outs.certificatePem);
  });

  test("refuses a certificate for another key, and one that is no CA's", async () => {
    const ca = await created(external());
    const other = await created(external());
    await expect(ca.up(signed(other.outs.csrPem))).rejects.toThrow(
      'signedCertificatePem "CN=External" is not for the key of this CA.',
    );
    const leaf = external({ signedCertificatePem: sign(ca.outs.csrPem, "leaf.ext") });
    await expect(ca.preview(leaf)).rejects.toThrow('signedCertificatePem: "CN=External" is no CA certificate.');
  });

  test("a next generation waits beside the key in use until it is signed", async () => {
    const ca = await created(external());
    const first = signed(ca.outs.csrPem);
    await ca.up(first);
    const { privateKeyPem, csrPem, certificatePem } = ca.outs;

    const next = { ...first, generation: 2 };
    expect((await ca.preview(next)).isChanged).toBe(true);
    await ca.up(next);
    expect(ca.outs).toMatchObject({ privateKeyPem, certificatePem, keyGeneration: 1 });
    expect(ca.outs.csrPem).not.toBe(csrPem);
    const { pendingPrivateKeyPem } = ca.outs;
    expect(pendingPrivateKeyPem).not.toBe(privateKeyPem);
    expect((await ca.up(next)).isChanged).toBe(false);
    await ca.up({ ...next, owner: { team: "a" } });
    expect(ca.outs).toMatchObject({ pendingPrivateKeyPem, privateKeyPem });

    const second: Properties = { ...signed(ca.outs.csrPem), generation: 2 };
    await ca.up(second);
    expect(ca.outs).toMatchObject({
      privateKeyPem: pendingPrivateKeyPem,
      keyGeneration: 2,
      certificatePem: second.signedCertificatePem,
    });
    expect(ca.outs).not.toHaveProperty("pendingPrivateKeyPem");
    expect((await ca.up(second)).isChanged).toBe(false);
  });

  test("whose key is compromised asks for a certificate of a new one", async () => {
    const ca = await created(external());
    const first = signed(ca.outs.csrPem);
    await ca.up(first);
    const { spkiSha256, privateKeyPem } = ca.outs;
    const compromised = { ...first, compromisedKeys: [spkiSha256] };
    expect((await ca.preview(compromised)).isChanged).toBe(true);
    await ca.up(compromised);
    expect(ca.outs).toMatchObject({ spkiSha256, privateKeyPem, pendingPrivateKeyPem: expect.any(String) });
    expect((await ca.up(compromised)).isChanged).toBe(false);
    await ca.up({ ...signed(ca.outs.csrPem), compromisedKeys: [spkiSha256] });
    expect(ca.outs.spkiSha256).not.toBe(spkiSha256);
    expect(await ca.refresh(providersOfAnotherProcess().certificateAuthority)).toBe(false);
  });

  test("says so from the window before its end on, asking for the same request, until it is signed again", async () => {
    const nameConstraints = { permitted: { dnsDomains: ["internal.example"] } };
    const ca = await created(external({ nameConstraints }));
    const { csrPem } = ca.outs;
    writeFileSync(join(folder, "constrained.pem"), csrPem);
    expect(openssl("req", "-in", "constrained.pem", "-noout", "-text")).toContain("DNS:internal.example");
    const given = { ...signed(csrPem), nameConstraints, duration: "400d", renewBefore: "100d" };
    await ca.up(given);
    expect(ca.outs).toMatchObject({ csrPem });
    expect(ca.outs).not.toHaveProperty("warnings");
    setNow(start + 310 * day);
    expect((await ca.up(given)).isChanged).toBe(true);
    expect(ca.outs.warnings).toEqual([
      expect.stringMatching(/^Its certificate ends on 2027-.*have csrPem signed again/),
    ]);
    expect((await ca.up(given)).isChanged).toBe(false);
    expect(ca.outs).toMatchObject({ csrPem });
  });

  test("keeps its certificate when the program does not bring it any more, and is never issued by time", async () => {
    const ca = await created(external());
    await ca.up(signed(ca.outs.csrPem));
    const { certificatePem } = ca.outs;
    await ca.up(external());
    expect(ca.outs.certificatePem).toBe(certificatePem);
    setNow(start + 5000 * day);
    await ca.up(external());
    expect(ca.outs).toMatchObject({ certificatePem, renewal: { epoch: 1 }, warnings: [expect.any(String)] });
    expect((await ca.up(external())).isChanged).toBe(false);
    await ca.up(external({ triggers: { a: "1" } }));
    expect(ca.outs).toMatchObject({ certificatePem, renewal: { epoch: 2, reason: "TriggersChanged" } });
  });

  test("can be one that is in use already", async () => {
    const ca = await created(external());
    await ca.up(signed(ca.outs.csrPem));
    const { certificatePem, privateKeyPem } = ca.outs;
    const adopting = external({
      name: "adopted",
      adopt: { certificatePem, trustBundlePem: rootPem() },
      credentials: { adopt: { privateKeyPem } },
    });
    const adopted = await created(adopting);
    expect(adopted.outs).toMatchObject({ certificatePem, privateKeyPem });
    await adopted.up({ ...adopting, owner: { team: "a" } });
    expect(adopted.outs).toMatchObject({ certificatePem, privateKeyPem, csrPem: expect.any(String) });
  });
});
