import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { certificateDeployment } from "../../../sdk/provider/certificateDeployment";
import { certificateSet } from "../../../sdk/provider/certificateSet";
import { endpointVerification } from "../../../sdk/provider/endpointVerification";
import { X509Certificate } from "node:crypto";
import { type Properties, SimulatedResource, configure, setNow, signedBy } from "../../support/simulatedEngine";

const start = Date.UTC(2027, 0, 1, 8);
let first: SimulatedResource;
let second: SimulatedResource;

beforeEach(async () => {
  setNow(start);
  await configure(certificate);
  const ca = async (name: string): Promise<SimulatedResource> => {
    const authority = new SimulatedResource(certificateAuthority);
    await authority.up({ name: `project/stack/${name}`, commonName: name });
    return authority;
  };
  first = await ca("first");
  second = await ca("second");
});
afterEach(() => jest.useRealTimers());

/** Arguments with both CAs; without its credentials the first one cannot sign. */
function args(more: Properties = {}, isDown = false): Properties {
  const { issuer, credentials } = signedBy(first, {}, "urn:pulumi:dev::shop::certificates:CertificateAuthority::first");
  const fallback = signedBy(second, {}, "urn:pulumi:dev::shop::certificates:CertificateAuthority::second");
  return {
    name: "project/stack/web",
    dnsNames: ["web.example"],
    duration: "90d",
    renewBefore: "30d",
    issuer,
    fallbackIssuers: [fallback.issuer],
    credentials: { ...(!isDown && credentials), fallbackIssuers: [fallback.credentials] },
    ...more,
  };
}
const down = (more: Properties = {}): Properties => args(more, true);
const issuerOf = (pem: string): string => new X509Certificate(pem).issuer;

async function created(given: Properties): Promise<SimulatedResource> {
  const web = new SimulatedResource(certificate);
  await web.up(given);
  return web;
}

describe("the first issuer", () => {
  test("issues, and the state says so; adding or changing fallbacks changes nothing", async () => {
    const web = await created(args());
    expect(issuerOf(web.outs.certificatePem)).toBe("CN=first");
    expect(web.outs.servedBy).toBe("first");
    expect(web.outs).not.toHaveProperty("warnings");
    const { fallbackIssuers: _, ...alone } = args();
    expect(await web.preview(alone)).toMatchObject({ isChanged: false });
    expect(await web.preview(args({ fallbackBelow: "7d" }))).toMatchObject({ isChanged: false });
  });

  test("is asked again by the renewal after one that a fallback served", async () => {
    const web = await created(down());
    setNow(start + 61 * day);
    await web.up(args());
    expect(issuerOf(web.outs.certificatePem)).toBe("CN=first");
    expect(web.outs.servedBy).toBe("first");
    expect(web.outs).not.toHaveProperty("warnings");
  });
});

describe("a fallback", () => {
  test("issues a first certificate at once, and the state says why", async () => {
    const web = await created(down());
    expect(issuerOf(web.outs.certificatePem)).toBe("CN=second");
    expect(web.outs.servedBy).toBe("second");
    expect(web.outs.warnings).toEqual([
      expect.stringMatching(/^Issued by second: first: .*did not reach.* The next renewal asks first first again\.$/),
    ]);
    expect(await web.preview(down())).toMatchObject({ isChanged: false });
  });

  test("is not asked while the certificate in use is far from its end; until then the run goes on", async () => {
    const web = await created(args());
    const { certificatePem } = web.outs;
    // A third of the window is left at 80 d; half of it, where a run without fallbacks would fail, at 75 d.
    for (const days of [61, 70, 75, 78]) {
      setNow(start + days * day);
      await web.up(down());
      expect(web.outs.certificatePem).toBe(certificatePem);
      expect(web.outs.lastFailure).toMatch(/fallback issuers are asked from 2027-03-22 on\.$/);
    }
    setNow(start + 80 * day);
    await web.up(down());
    expect(web.outs.servedBy).toBe("second");
    expect(web.outs).not.toHaveProperty("lastFailure");
  });

  test("is asked from fallbackBelow on, and where the user says so the run fails before", async () => {
    const limits = { fallbackBelow: "10%", onRenewalFailure: { keepUntil: "20d" } };
    const web = await created(args(limits));
    setNow(start + 65 * day);
    await web.up(down(limits));
    expect(web.outs.lastFailure).toContain("asked from 2027-03-29 on");
    setNow(start + 71 * day);
    await expect(web.up(down(limits))).rejects.toThrow(/No other issuer was asked: /);
    setNow(start + 87 * day);
    await web.up(down(limits));
    expect(web.outs.servedBy).toBe("second");
  });

  test("issues at once for a compromised key, although the certificate in use would last", async () => {
    const web = await created(args());
    await web.up(down({ compromisedKeys: [web.outs.spkiSha256] }));
    expect(web.outs.servedBy).toBe("second");
  });

  test("that fails too: the run says what each said", async () => {
    const both = { ...down(), credentials: {} };
    const web = new SimulatedResource(certificate);
    await expect(web.up(both)).rejects.toThrow(/first: .*did not reach.* second: .*did not reach/s);
  });

  test("of the same name as the first bears its type too", async () => {
    const fallback = signedBy(second, {}, "urn:pulumi:dev::shop::AcmeAccount::first");
    const web = await created(down({ fallbackIssuers: [fallback.issuer] }));
    expect(web.outs.servedBy).toBe("first (AcmeAccount)");
  });

  test("is not asked for what no issuer would certify", async () => {
    await expect(created(args({ dnsNames: ["not a name"] }))).rejects.toThrow(/^dnsNames/);
  });
});

describe("refused at preview", () => {
  const fallbackOf = (issuer: Properties): Properties => ({ fallbackIssuers: [issuer] });
  const acme = (directory: string): Properties => ({ kind: "acme", resource: `urn::${directory}`, directory });
  test.each<[string, Properties, RegExp]>([
    [
      "a public CA behind a private one",
      fallbackOf(acme("letsencrypt")),
      /^fallbackIssuers\[0\]: letsencrypt is a public/,
    ],
    [
      "a self-signed one",
      fallbackOf({ kind: "selfSigned", resource: "selfSigned" }),
      /^fallbackIssuers\[0\]: a self-signed/,
    ],
    [
      "the first one again",
      fallbackOf(signedBy({ outs: {} }, {}, "urn:pulumi:dev::shop::certificates:CertificateAuthority::first").issuer),
      /first stands there already/,
    ],
    ["fallbackBelow outside of the window", { fallbackBelow: "31d" }, /^fallbackBelow: "31d"/],
    [
      "fallbackBelow without fallbacks",
      { fallbackIssuers: undefined, fallbackBelow: "7d" },
      /^fallbackBelow: there are no/,
    ],
    [
      "a staging CA behind a public one",
      { issuer: acme("letsencrypt"), ...fallbackOf(acme("letsencrypt-staging")) },
      /letsencrypt-staging is a private issuer/,
    ],
    [
      "what the fallback's constraints forbid",
      fallbackOf({
        ...signedBy({ outs: {} }, {}, "urn::other").issuer,
        nameConstraints: { permitted: { dnsDomains: ["other.example"] } },
      }),
      /fallbackIssuers\[0\]\."web\.example" is outside/,
    ],
  ])("%s", async (_, more, message) => {
    const given: Properties = { ...args(), ...more, credentials: {} };
    if (given.fallbackIssuers === undefined) delete given.fallbackIssuers;
    await expect(new SimulatedResource(certificate).preview(given)).rejects.toThrow(message);
  });

  test("not with allowTrustChange", async () => {
    const given = {
      ...args(),
      allowTrustChange: true,
      fallbackIssuers: [acme("letsencrypt")],
      dnsNames: ["web.example.com"],
    };
    delete (given as Properties).duration;
    expect(await new SimulatedResource(certificate).preview(given)).toMatchObject({ isChanged: true });
  });
});

describe("pendingFirstIssuance", () => {
  const waiting = { pendingFirstIssuance: true, fallbackIssuers: undefined };
  const nobody = (): Properties => {
    const { fallbackIssuers: _, ...rest }: Properties = { ...args(waiting), credentials: {} };
    return rest;
  };

  test("lets a first certificate wait: the run goes on, every run after the back-off tries again", async () => {
    const web = await created(nobody());
    expect(web.outs).toMatchObject({ attempts: 1, lastFailure: expect.stringContaining("did not reach") });
    expect(web.outs).toMatchObject({ certificatePem: "", fingerprintSha256: "", dnsNames: [] });
    expect(await web.preview(nobody())).toMatchObject({ isChanged: false });
    setNow(start + day);
    await web.up(nobody());
    expect(web.outs).toMatchObject({ attempts: 2 });
    // What the user changes is tried at once.
    await web.up({ ...nobody(), ...signedBy(first), dnsNames: ["other.example"] });
    expect(new X509Certificate(web.outs.certificatePem).subjectAltName).toBe("DNS:other.example");
    expect(web.outs).not.toHaveProperty("lastFailure");
  });

  test("in a set lets that member wait, and the others are issued", async () => {
    const set = new SimulatedResource(certificateSet);
    const { dnsNames: _, ...common } = nobody();
    const members = (csrs: Properties = {}): string => JSON.stringify({ a: { dnsNames: ["a.example"] }, ...csrs });
    await set.up({ ...common, members: members() });
    expect(JSON.parse(set.outs.contentsJson)).toMatchObject({ certificates: {}, failures: { a: expect.any(String) } });
    setNow(start + day);
    await set.up({ ...common, ...signedBy(first), members: members() });
    expect(JSON.parse(set.outs.contentsJson)).toMatchObject({ certificates: { a: expect.any(String) }, failures: {} });
  });

  test("makes deployments and verifications wait", async () => {
    const deployment = new SimulatedResource(certificateDeployment);
    const target = { kind: "files", directory: "/nonexistent/tls", files: { "web.pem": "fullChain" } };
    const given = {
      name: "project/stack/edge",
      certificate: { chainSha256: "x", fingerprintSha256: "", dnsNames: [] },
      target,
    };
    await deployment.up(given);
    expect(deployment.outs).toMatchObject({ status: "waiting" });
    expect(await deployment.preview(given)).toMatchObject({ isChanged: false });
    const issued = {
      ...given,
      certificate: { ...given.certificate, fingerprintSha256: "00", dnsNames: ["web.example"] },
    };
    expect(await deployment.preview(issued)).toMatchObject({ isChanged: true });

    const verification = new SimulatedResource(endpointVerification);
    const asked = {
      name: "project/stack/live",
      certificate: { fingerprintsSha256: [""] },
      endpoints: [{ address: "x" }],
    };
    await verification.up(asked);
    expect(await verification.preview(asked)).toMatchObject({ isChanged: false });
  });
});

test("a fallback serves members of a set, and the set says which", async () => {
  const set = new SimulatedResource(certificateSet);
  const { dnsNames: _, ...common } = down();
  await set.up({ ...common, members: JSON.stringify({ a: { dnsNames: ["a.example"] } }) });
  const { certificates } = JSON.parse(set.outs.contentsJson) as { certificates: Record<string, string> };
  expect(issuerOf(certificates.a ?? "")).toBe("CN=second");
  expect(set.outs.warnings).toEqual([expect.stringMatching(/^a: Issued by second: first: /)]);
});
