import { X509Certificate } from "node:crypto";
import { day } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { type Properties, setNow, SimulatedResource, useClock, start } from "../../support/simulatedEngine";

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
const preview = (given: Properties): Promise<unknown> => new SimulatedResource(certificateAuthority).preview(given);

useClock(certificate);

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
