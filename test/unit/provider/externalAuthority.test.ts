import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import {
  type Properties,
  providersOfAnotherProcess,
  setNow,
  signedBy,
  SimulatedResource,
  useClock,
  start,
} from "../../support/simulatedEngine";

const args = (more: Properties = {}): Properties => ({
  name: "project/stack/root",
  commonName: "Example Root",
  ...more,
});
const created = async (given: Properties = args()): Promise<SimulatedResource> => {
  const resource = new SimulatedResource(certificateAuthority);
  await resource.up(given);
  return resource;
};

useClock(certificate);

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
    const leaf = { name: "p/s/web", dnsNames: ["web.example"], ...signedBy(ca) };
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
    expect(web.outs.chainPem).toBe(ca.outs.certificatePem);
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
