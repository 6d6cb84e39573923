import { certificate } from "../../../sdk/provider/certificate";
import { configure, type Properties, SimulatedResource } from "../../support/simulatedEngine";

beforeAll(() => configure(certificate));

const keystore = { kind: "pkcs12", encryption: "modern", alias: "web" };

/** Each names the argument, its value, what was expected and the fix, before anything is issued. */
describe("a preview of a certificate refuses", () => {
  test.each<[string, Properties, string]>([
    [
      "no name at all",
      { dnsNames: undefined },
      "dnsNames: the certificate would be empty: it has no name and no subject.",
    ],
    ["empty lists", { dnsNames: [], uris: [] }, "dnsNames: the certificate would be empty"],
    ["what is no DNS name", { dnsNames: ["web.example", "not a name"] }, "dnsNames[1]"],
    ["two stars", { dnsNames: ["*.*.example"] }, "dnsNames[0]"],
    ["what is no address", { ipAddresses: ["10.0.0"] }, 'ipAddresses[0]: "10.0.0" is no IP address.'],
    ["what is no URI", { uris: ["nothing"] }, "uris[0]"],
    ["what is no mailbox", { emailAddresses: ["ops"] }, 'emailAddresses[0]: "ops" is no mailbox.'],
    ["a name that is no list", { dnsNames: "web.example" }, "dnsNames: is not a list. Give a list of texts."],
    ["a long common name", { commonName: "x".repeat(65) }, "has 65 characters, the limit is 64"],
    ["an unknown country", { subject: { country: "ZZ" } }, "is no ISO 3166-1 code of two capital letters"],
    ["an unparsable duration", { duration: "three months" }, 'duration: "three months" is not a duration.'],
    [
      "a window as long as the lifetime",
      { duration: "30d", renewBefore: "30d" },
      "renewBefore: 30d is not smaller than the duration 30d.",
    ],
    [
      "a window shorter than the cadence",
      { renewBefore: "6h" },
      "renewBefore: 6h before the end is shorter than the stack's cadence of 1d",
    ],
    ["an empty window", { renewBefore: "0%" }, 'renewBefore: "0%" leaves no time to renew.'],
    [
      "keeping from before the renewal on",
      { renewBefore: "10d", onRenewalFailure: { keepUntil: "11d" } },
      'onRenewalFailure.keepUntil: "11d" before the end is earlier than the renewal itself, 10d before the end. Choose a time inside the renewal window.',
    ],
    [
      "an unparsable limit",
      { onRenewalFailure: { keepUntil: "late" } },
      'onRenewalFailure.keepUntil: "late" is not a duration.',
    ],
    [
      "an unknown algorithm",
      { privateKey: { algorithm: "RSA-1024" } },
      'privateKey.algorithm: "RSA-1024" is no known key algorithm.',
    ],
    [
      "an unknown policy",
      { privateKey: { rotationPolicy: "often" } },
      'privateKey.rotationPolicy: "often" is not known.',
    ],
    ["an unknown usage", { keyUsages: ["serverAuth"] }, 'keyUsages[0]: "serverAuth" is no key usage.'],
    ["a CA's usage", { keyUsages: ["keyCertSign"] }, 'keyUsages[0]: "keyCertSign" is for a CA only.'],
    [
      "a usage that the key does not have",
      { keyUsages: ["keyEncipherment"] },
      "needs an RSA key, this one is ECDSA-P256",
    ],
    ["an unknown purpose", { extendedKeyUsages: ["web"] }, 'extendedKeyUsages[0]: "web" is no extended key usage.'],
    [
      "an unknown keystore",
      { keystores: { "a.jks": { kind: "jks" } } },
      'keystores["a.jks"].kind: "jks" is no kind of keystore.',
    ],
    [
      "an empty password",
      { keystores: { "a.p12": keystore }, credentials: { keystores: { "a.p12": "" } } },
      'keystores["a.p12"].password',
    ],
    [
      "a URL of the issuing CA that cannot be",
      {
        issuer: {
          kind: "certificateAuthority",
          resource: "urn",
          generation: 1,
          urls: { crlUrls: ["ftp://a.example"] },
        },
      },
      'crlUrls[0]: "ftp://a.example" is no http:// URL.',
    ],
  ])("%s", async (_what, change, message) => {
    const all = { name: "project/stack/web", dnsNames: ["web.example"], ...change };
    const args = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    await expect(new SimulatedResource(certificate).preview(args)).rejects.toThrow(message);
  });

  test("nothing that an RSA key makes right", async () => {
    const args = { privateKey: { algorithm: "RSA-4096" }, keyUsages: ["digitalSignature", "keyEncipherment"] };
    const preview = new SimulatedResource(certificate).preview({
      name: "p/s/web",
      dnsNames: ["a.example"],
      ...args,
    });
    await expect(preview).resolves.toMatchObject({ isChanged: true });
  });
});
