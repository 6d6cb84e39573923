import { day, hour } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { type Properties, setNow, signedBy, SimulatedResource, useClock, start } from "../../support/simulatedEngine";

const due = start + 58 * day;
let root: SimulatedResource;
let resource: SimulatedResource;

const args = (more: Properties = {}): Properties => ({
  name: "project/stack/web",
  dnsNames: ["web.example"],
  duration: "90d",
  renewBefore: "30d",
  ...signedBy(root),
  ...more,
});
/** What arrives while the CA cannot be used. */
const down = (more: Properties = {}): Properties => args({ credentials: {}, ...more });

useClock(certificate);
beforeEach(async () => {
  root = new SimulatedResource(certificateAuthority);
  await root.up({ name: "project/stack/root", commonName: "Root" });
  resource = new SimulatedResource(certificate);
  await resource.up(args());
  setNow(due);
});

test("a renewal that was due and failed keeps the certificate, says why, and is tried again after a while", async () => {
  const before = resource.outs;
  await resource.up(down());
  expect(resource.outs).toEqual({
    ...before,
    lastFailure: expect.stringContaining("did not reach the certificate"),
    attempts: 1,
    nextAttemptAt: "2027-02-28T09:00:00Z",
  });
  expect(resource.inputs?.renewal).toMatchObject({ epoch: 2, reason: "Renewing" });

  setNow(due + hour - 1_000);
  expect(await resource.preview(args())).toMatchObject({ isChanged: false });
  setNow(due + hour);
  expect(await resource.preview(args())).toMatchObject({ isChanged: true, inputs: resource.inputs });
  await resource.up(down());
  expect(resource.outs).toMatchObject({ attempts: 2, nextAttemptAt: "2027-02-28T11:00:00Z" });

  setNow(due + day);
  const { inputs } = await resource.up(args());
  expect(inputs.renewal.epoch).toBe(2);
  expect(inputs.renewal).toMatchObject(resource.outs.renewal);
  expect(resource.outs.notAfter).toBe("2027-05-30T08:00:00Z");
  for (const gone of ["lastFailure", "attempts", "nextAttemptAt"]) expect(resource.outs).not.toHaveProperty(gone);
  expect((await resource.up(args())).isChanged).toBe(false);
});

test("daily attempts go on for weeks without another epoch, and nothing else changes", async () => {
  for (let days = 0; days < 14; days += 1) {
    setNow(due + days * day);
    const { inputs, isChanged } = await resource.up(down());
    expect(isChanged).toBe(true);
    expect(inputs.renewal.epoch).toBe(2);
    expect(resource.outs).toMatchObject({ attempts: days + 1, notAfter: "2027-04-01T08:00:00Z" });
  }
});

test.each([
  ["half of the window before the end by default", undefined, 75],
  ["as long before the end as was said", "3d", 87],
])("the run fails from %s on", async (_when, keepUntil, lastDay) => {
  const failing = down(keepUntil === undefined ? {} : { onRenewalFailure: { keepUntil } });
  setNow(start + lastDay * day - 1_000);
  await resource.up(failing);
  const { attempts } = resource.outs;
  setNow(start + lastDay * day + day);
  await expect(resource.up(failing)).rejects.toThrow("did not reach the certificate");
  expect(resource.outs.attempts).toBe(attempts);
});

test("a change that the user made fails the run, also while a renewal waits, and is not held back", async () => {
  await resource.up(down());
  setNow(due + 1_000);
  await expect(resource.up(down({ dnsNames: ["other.example"] }))).rejects.toThrow("did not reach the certificate");
  expect((await resource.preview(args({ dnsNames: ["other.example"] }))).inputs.renewal.reason).toBe("RequestChanged");
  await resource.up(args({ dnsNames: ["other.example"] }));
  expect(resource.outs.dnsNames).toEqual(["other.example"]);
});

test("a change in place is brought while the CA is down, once, and the wait goes on", async () => {
  await resource.up(down());
  setNow(due + 60_000);
  const owned = { owner: { team: "payments" } };
  expect((await resource.up(down(owned))).isChanged).toBe(true);
  expect(resource.outs.attempts).toBe(2);
  setNow(due + 120_000);
  expect((await resource.up(down(owned))).isChanged).toBe(false);
});

test("keystores are written with a new password while the CA is down, and the wait goes on", async () => {
  const keystores = { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } };
  const withPassword = (password: string, credentials: Properties): Properties => ({
    ...args({ keystores }),
    credentials: { ...credentials, keystores: { "a.p12": password } },
  });
  const ca = args().credentials as Properties;
  resource = new SimulatedResource(certificate);
  setNow(start);
  await resource.up(withPassword("first password", ca));
  const { keystoreFiles } = resource.outs;
  setNow(due);
  await resource.up(withPassword("first password", {}));
  expect(resource.outs).toMatchObject({ attempts: 1, keystoreFiles });
  setNow(due + 60_000);
  await resource.up(withPassword("second password", {}));
  expect(resource.outs.keystoreFiles).not.toEqual(keystoreFiles);
  setNow(due + 120_000);
  expect((await resource.up(withPassword("second password", {}))).isChanged).toBe(false);
});

test("a CA keeps its certificate too", async () => {
  const issuing = new SimulatedResource(certificateAuthority);
  const ca = (more: Properties = {}): Properties => ({
    name: "project/stack/issuing",
    commonName: "Issuing",
    duration: "90d",
    ...signedBy(root),
    ...more,
  });
  setNow(start);
  await issuing.up(ca());
  const { certificatePem, privateKeyPem } = issuing.outs;
  setNow(due);
  await issuing.up(ca({ credentials: {} }));
  expect(issuing.outs).toMatchObject({ certificatePem, privateKeyPem, attempts: 1, keyGeneration: 1 });
  setNow(due + day);
  await issuing.up(ca());
  expect(issuing.outs.privateKeyPem).toBe(privateKeyPem);
  expect(issuing.outs.certificatePem).not.toBe(certificatePem);
  expect(issuing.outs).not.toHaveProperty("attempts");
});

test("the clock set back after a renewal renews nothing", async () => {
  setNow(due);
  await resource.up(args());
  const { fingerprintSha256 } = resource.outs;
  setNow(start + day);
  expect((await resource.up(args())).isChanged).toBe(false);
  expect(resource.outs.fingerprintSha256).toBe(fingerprintSha256);
});
