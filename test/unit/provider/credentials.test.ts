import { X509Certificate } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { unknown } from "../../../sdk/provider/unknown";
import {
  configure,
  overTheWire,
  type Properties,
  providersOfAnotherProcess,
  signedBy,
  SimulatedResource,
} from "../../support/simulatedEngine";

const provider = certificate as Required<dynamic.ResourceProvider>;
const keystores = { "a.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } };
let roots: SimulatedResource[];

beforeAll(async () => {
  await configure(certificate);
  roots = await Promise.all(
    ["one", "two"].map(async (name) => {
      const root = new SimulatedResource(certificateAuthority);
      await root.up({ name: `p/s/${name}`, commonName: "The same name" });
      return root;
    }),
  );
});

const root = (at: number): SimulatedResource => roots[at] as SimulatedResource;
const args = (more: Properties = {}): Properties => ({
  name: "p/s/web",
  dnsNames: ["web.example"],
  ...signedBy(root(0)),
  ...more,
});

async function checked(given: Properties, olds: Properties = {}): Promise<Properties> {
  const { inputs, failures = [] } = await provider.check(olds, overTheWire(given));
  expect(failures).toEqual([]);
  return overTheWire(inputs as Properties);
}

describe("credentials", () => {
  test("are in nothing that check, create and update return, nor in a failure", async () => {
    const credentials = { ...signedBy(root(0)).credentials, keystores: { "a.p12": "correct horse battery" } };
    const given = args({ keystores, credentials });
    const inputs = await checked(given);
    expect(Object.keys(inputs)).not.toContain("credentials");
    expect(Object.keys(inputs)).not.toContain("dryRun");
    const { id, outs } = await provider.create(inputs);
    const changed = await checked({ ...given, owner: { a: "b" } }, inputs);
    const { outs: updated } = await provider.update(id, outs, changed);
    const failed = await provider.check({}, { ...given, dnsNames: ["not a name"] });
    expect(failed.failures).toHaveLength(1);
    const text = JSON.stringify([inputs, outs, changed, updated, failed]);
    expect(text).not.toContain("correct horse battery");
    for (const line of root(0).outs.privateKeyPem.split("\n").slice(1, -2)) expect(text).not.toContain(line);
  });

  test("of another CA under the same name and resource never sign: all checks run before the first create", async () => {
    const all = [args(signedBy(root(0))), args({ ...signedBy(root(1)), name: "api" })];
    const inputs = [];
    for (const one of all) inputs.push(await checked(one));
    const certificates = await Promise.all(inputs.map(async (one) => (await provider.create(one)).outs.certificatePem));
    for (const [at, pem] of certificates.entries()) {
      const issuer = new X509Certificate(root(at).outs.certificatePem);
      expect(new X509Certificate(pem).verify(issuer.publicKey)).toBe(true);
    }
  });

  test("are found again whatever the order of properties, numbers and letters, which the engine may change", async () => {
    const given = args({ triggers: { ü: "ß", nested: { b: 1.5, a: [1e21, null, true] } }, owner: { z: "1", a: "2" } });
    const inputs = await checked(given);
    const reordered = Object.fromEntries(Object.entries(overTheWire(inputs)).reverse());
    await expect(provider.create({ ...reordered, __provider: "any" })).resolves.toMatchObject({ outs: {} });
  });

  test("that two resources of equal arguments bring differently are used for neither", async () => {
    const withPassword = (password: string): Properties => {
      const credentials = { ...signedBy(root(0)).credentials, keystores: { "a.p12": password } };
      return args({ name: "twin", keystores, credentials });
    };
    const first = await checked(withPassword("first password"));
    const second = await checked(withPassword("second password"));
    const refusal =
      'Two resources named "twin" have equal arguments and different credentials, and cannot be told apart. Give them different names.';
    await expect(provider.create(first)).rejects.toThrow(refusal);
    await expect(provider.create(second)).rejects.toThrow(refusal);
  });

  test("may change from one run to the next", async () => {
    const resource = new SimulatedResource(certificate);
    const withPassword = (password: string): Properties => {
      const credentials = { ...signedBy(root(0)).credentials, keystores: { "a.p12": password } };
      return args({ keystores, credentials });
    };
    await resource.up(withPassword("first password"));
    const { keystoreFiles, fingerprintSha256 } = resource.outs;
    expect((await resource.up(withPassword("first password"))).isChanged).toBe(false);
    expect((await resource.preview(withPassword("second password"))).isChanged).toBe(true);
    await resource.up(withPassword("second password"));
    expect(resource.outs.fingerprintSha256).toBe(fingerprintSha256);
    expect(resource.outs.keystoreFiles["a.p12"]).not.toBe(keystoreFiles["a.p12"]);
    expect((await resource.up(withPassword("second password"))).isChanged).toBe(false);
  });

  test("keystores in which nothing changed are not written again", async () => {
    const resource = new SimulatedResource(certificate);
    const credentials = { ...signedBy(root(0)).credentials, keystores: { "a.p12": "the password" } };
    await resource.up(args({ keystores, credentials }));
    const { keystoreFiles } = resource.outs;
    await resource.up(args({ keystores, credentials, owner: { team: "a" } }));
    expect(resource.outs.keystoreFiles).toEqual(keystoreFiles);
    const legacy = { "a.p12": { kind: "pkcs12", encryption: "legacy", alias: "web" } };
    await resource.up(args({ keystores: legacy, credentials }));
    expect(resource.outs.keystoreFiles).not.toEqual(keystoreFiles);
    await resource.up(args());
    expect(resource.outs).not.toHaveProperty("keystoreFiles");
    expect(resource.outs).not.toHaveProperty("passwordMarker");
  });

  test("that are missing in create and update are named, with the usual causes", async () => {
    const { credentials: _, ...without } = args();
    const inputs = await checked(without);
    await expect(provider.create(inputs)).rejects.toThrow(/--target .* ignoreChanges on "credentials"/);
    const other = providersOfAnotherProcess().certificate as typeof provider;
    await expect(other.create(await checked(args()))).rejects.toThrow("did not reach the certificate");
    const withKeystore = await checked(args({ keystores }));
    await expect(provider.create(withKeystore)).rejects.toThrow(
      'The password of keystores["a.p12"] did not reach the certificate. Remove ignoreChanges on "credentials" or "*".',
    );
  });

  test.each([
    ["all of them", unknown],
    ["the issuer's", { issuer: unknown, keystores: { "a.p12": "the password" } }],
    ["one inside", { issuer: "{}", keystores: { "a.p12": unknown } }],
  ])("that are not known yet are neither used nor kept: %s", async (_what, credentials) => {
    const inputs = await checked(args({ keystores, credentials, dryRun: true }));
    expect(JSON.stringify(inputs)).not.toContain("the password");
    await expect(provider.create(inputs)).rejects.toThrow("did not reach the certificate");
  });
});
