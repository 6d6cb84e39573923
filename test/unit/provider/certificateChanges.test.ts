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

describe("a change", () => {
  test.each<[string, Properties, string]>([
    ["of names", { dnsNames: ["web.internal.example", "www.example"] }, "RequestChanged"],
    ["of the duration", { duration: "60d" }, "RequestChanged"],
    ["of the algorithm", { privateKey: { algorithm: "Ed25519" } }, "RequestChanged"],
    ["of usages", { extendedKeyUsages: ["serverAuth", "clientAuth"] }, "RequestChanged"],
    ["of triggers", { triggers: { a: "1" } }, "TriggersChanged"],
    ["to self-signed", { issuer: undefined, credentials: undefined }, "IncorrectIssuer"],
  ])("%s issues again, once", async (_what, change, reason) => {
    const resource = await created();
    const { fingerprintSha256 } = resource.outs;
    const args = Object.fromEntries(Object.entries(web(change)).filter(([, value]) => value !== undefined));
    setNow(start + day);
    const shown = await resource.preview(args);
    expect(shown).toMatchObject({ isChanged: true, inputs: { renewal: { epoch: 2, reason } } });
    await resource.up(args);
    expect(resource.outs.fingerprintSha256).not.toBe(fingerprintSha256);
    expect((await resource.up(args)).isChanged).toBe(false);
  });

  test.each<[string, Properties]>([
    ["of the owner", { owner: { team: "b" } }],
    ["of the window", { renewBefore: "10d" }],
    ["of what happens when a renewal fails", { onRenewalFailure: { keepUntil: "1d" } }],
  ])("%s updates in place", async (_what, change) => {
    const resource = await created();
    const { fingerprintSha256, certificatePem, privateKeyPem } = resource.outs;
    setNow(start + day);
    expect((await resource.up(web(change))).isChanged).toBe(true);
    expect(resource.outs).toMatchObject({ fingerprintSha256, certificatePem, privateKeyPem, renewal: { epoch: 1 } });
    expect(resource.inputs?.renewal).toMatchObject(resource.outs.renewal);
    expect((await resource.up(web(change))).isChanged).toBe(false);
  });

  test.each<[string, Properties]>([
    ["of the key of others that are compromised", { compromisedKeys: ["bm90IHRoaXMgb25l"] }],
    ["of its name, through an alias", { name: "project/stack/www" }],
    ["of pausing", { paused: true }],
  ])("%s is none", async (_what, change) => {
    const resource = await created();
    setNow(start + day);
    expect((await resource.up(web(change))).isChanged).toBe(false);
    expect((await resource.up(web(change))).isChanged).toBe(false);
  });

  test("a narrower window takes back what was due", async () => {
    const resource = await created();
    setNow(start + 65 * day);
    expect((await resource.preview(web())).inputs.renewal.epoch).toBe(2);
    await resource.up(web({ renewBefore: "10d" }));
    expect(resource.outs).toMatchObject({ notAfter: "2027-04-01T08:00:00Z", renewal: { epoch: 1 } });
    expect((await resource.up(web({ renewBefore: "10d" }))).isChanged).toBe(false);
  });
});

describe("a compromised key", () => {
  test("is replaced at once, also in a refresh, also where the key is to be kept, and is not used again", async () => {
    const args = web({ privateKey: { rotationPolicy: "never" } });
    const resource = await created(args);
    const { spkiSha256 } = resource.outs;
    const compromised = { ...args, compromisedKeys: [spkiSha256] };
    expect((await resource.preview(compromised)).isChanged).toBe(true);
    await resource.up(compromised);
    expect(resource.outs.spkiSha256).not.toBe(spkiSha256);
    expect((await resource.up(compromised)).isChanged).toBe(false);
    resource.inputs = { ...resource.inputs, compromisedKeys: [resource.outs.spkiSha256] };
    expect(await resource.refresh(anotherProcess.certificate)).toBe(true);
  });

  test("whose replacement fails fails the run", async () => {
    const resource = await created();
    const { credentials: _, ...args } = web({ compromisedKeys: [resource.outs.spkiSha256] });
    await expect(resource.up(args)).rejects.toThrow("did not reach the certificate");
  });
});

describe("a CSR", () => {
  test("is certified without a private key in the state, and its key changes only with it", async () => {
    const { execFileSync } = await import("node:child_process");
    const csr = (): string =>
      execFileSync("openssl", [
        ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"],
        ...["-subj", "/CN=web", "-addext", "subjectAltName=DNS:web.internal.example,IP:10.0.0.7"],
      ]).toString();
    const { dnsNames: _, ...args } = web({ csrPem: csr() });
    const resource = await created(args);
    expect(resource.outs.privateKeyPem).toBeUndefined();
    expect(resource.outs.dnsNames).toEqual(["web.internal.example"]);
    const { spkiSha256, fingerprintSha256 } = resource.outs;
    setNow(start + 60 * day);
    await resource.up(args);
    expect(resource.outs).toMatchObject({ spkiSha256, renewal: { epoch: 2 } });
    expect(resource.outs.fingerprintSha256).not.toBe(fingerprintSha256);
    await expect(resource.preview({ ...args, dnsNames: ["other.example"] })).rejects.toThrow(
      "csrPem: its dnsNames (web.internal.example) are not those of the arguments (other.example).",
    );
    await expect(resource.preview({ ...args, csrPem: "no CSR" })).rejects.toThrow("csrPem");
    await expect(
      resource.preview({ ...args, keystores: { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } } }),
    ).rejects.toThrow("keystores: a keystore holds the private key, and here is none.");
    const { issuer: __, credentials: ___, ...own } = args;
    await expect(new SimulatedResource(certificate).up(own)).rejects.toThrow(
      "A self-signed certificate needs its own private key, and a CSR brings none.",
    );
  });
});

describe("a state of a newer release", () => {
  test("is refused, with what to do", async () => {
    const resource = await created();
    resource.outs = { ...resource.outs, stateVersion: 2 };
    await expect(resource.up(web())).rejects.toThrow(
      "The state was written in form 2 by a newer release; this one knows 1. Update the package pulumi-certificates.",
    );
  });

  test("one without a version, from a creation that failed, is due", async () => {
    const resource = await created();
    resource.outs = { ...resource.inputs };
    expect(await resource.refresh(anotherProcess.certificate)).toBe(true);
    await resource.up(web());
    expect(resource.outs.stateVersion).toBe(1);
  });
});
