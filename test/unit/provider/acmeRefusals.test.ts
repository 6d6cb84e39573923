import { acmeAccount } from "../../../sdk/provider/acmeAccount";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateSet } from "../../../sdk/provider/certificateSet";
import { unknown } from "../../../sdk/provider/unknown";
import { configure, type Properties, SimulatedResource } from "../../support/simulatedEngine";

const accountUrl = "https://ca.example/account/1";
const solvers = JSON.stringify([
  { http01: { kind: "standalone" } },
  { dnsZones: ["wild.example.com"], dns01: { kind: "exec", command: ["/bin/true"], style: "lego" } },
]);

const leaf = (more: Properties = {}, directory = "letsencrypt"): Properties => ({
  name: "project/stack/web",
  dnsNames: ["web.example.com"],
  issuer: { kind: "acme", resource: "urn:account", directory },
  credentials: {
    issuer: JSON.stringify({
      directoryUrl: directory,
      accountUrl,
      accountKeyPem: "key",
      profiles: ["classic", "shortlived"],
    }),
    solvers,
  },
  ...more,
});
const account = (more: Properties = {}): Properties => ({
  name: "project/stack/account",
  directory: "letsencrypt",
  credentials: {},
  ...more,
});
const preview = (args: Properties, provider = certificate): Promise<unknown> =>
  new SimulatedResource(provider).preview(args);

beforeAll(() => configure(certificate));

describe("a certificate that its ACME CA would not issue is refused at preview", () => {
  test.each<[string, Properties, string]>([
    [
      "a wildcard that no DNS solver covers",
      { dnsNames: ["*.example.com"] },
      "dnsNames[0]: *.example.com is a wildcard",
    ],
    ["an internal name", { dnsNames: ["web.internal"] }, 'dnsNames[0]: "web.internal" is an internal name'],
    ["a single label", { dnsNames: ["web"] }, 'dnsNames[0]: "web" is an internal name'],
    ["a private address", { ipAddresses: ["10.0.0.1"] }, "ipAddresses[0]: 10.0.0.1 is a private address"],
    ["a URI", { uris: ["spiffe://example.com/web"] }, "uris: an ACME CA certifies DNS names and IP addresses only"],
    ["an e-mail address", { emailAddresses: ["a@example.com"] }, "emailAddresses: an ACME CA certifies"],
    ["no name", { dnsNames: [], commonName: "web.example.com" }, "dnsNames: an ACME certificate needs"],
    [
      "a common name of its own",
      { commonName: "www.example.com" },
      'commonName: "www.example.com" is none of the dnsNames',
    ],
    ["a subject", { subject: { organization: "Example" } }, "subject: an ACME CA decides on it by itself"],
    ["usages", { extendedKeyUsages: ["clientAuth"] }, "extendedKeyUsages: an ACME CA decides on it by itself"],
    ["a lifetime", { duration: "30d" }, "duration: letsencrypt does not let one choose the lifetime"],
    [
      "an unknown profile",
      { profile: "long" },
      'profile: the CA has no profile "long". It offers classic, shortlived.',
    ],
    [
      "more names than the profile allows",
      { profile: "shortlived", dnsNames: Array.from({ length: 26 }, (_, i) => `w${i}.example.com`) },
      'dnsNames: 26 names are more than the 25 that the profile "shortlived" allows',
    ],
    [
      "an Ed25519 key",
      { privateKey: { algorithm: "Ed25519" } },
      "privateKey.algorithm: no public CA certifies Ed25519 keys",
    ],
    [
      "a window as long as the profile's lifetime",
      { profile: "shortlived", renewBefore: "7d" },
      "renewBefore: 7d is not smaller",
    ],
    ["an unknown reason of revocation", { revokeOnDelete: "bored" }, 'revokeOnDelete: "bored" is no reason'],
  ])("%s", async (_what, change, message) => {
    await expect(preview(leaf(change))).rejects.toThrow(message);
  });

  test("revocation where no service issues", async () => {
    const { issuer: _, ...own } = leaf({ revokeOnDelete: "superseded", credentials: {} });
    await expect(preview(own)).rejects.toThrow("revokeOnDelete: is for certificates of an ACME CA");
  });

  test("in a set, with the member's name", async () => {
    const { dnsNames: _, ...common } = leaf();
    const members = JSON.stringify({ web: { dnsNames: ["web.local"] } });
    await expect(preview({ ...common, members }, certificateSet)).rejects.toThrow(
      'members["web"].dnsNames[0]: "web.local"',
    );
  });

  test("but not what a private CA may certify, nor what is not known yet", async () => {
    const own = "https://ca.internal/acme/directory";
    await preview(leaf({ dnsNames: ["web.internal"], privateKey: { algorithm: "Ed25519" }, duration: "30d" }, own));
    await preview(leaf({ dnsNames: ["*.a.wild.example.com"] }));
    await preview(leaf({ profile: "any", credentials: { issuer: unknown, solvers } }));
    await preview(leaf({ dnsNames: ["*.example.com"], credentials: unknown }));
  });
});

describe("an account that cannot be registered is refused at preview", () => {
  test.each<[string, Properties, string]>([
    ["an unknown name", { directory: "letsencript" }, 'directory: "letsencript" is neither a known name nor a URL'],
    ["no HTTPS", { directory: "http://ca.example.com/d" }, 'directory: "http://ca.example.com/d" is no https URL'],
    ["no binding where the CA wants one", { directory: "zerossl" }, "externalAccountBinding: is missing, and zerossl"],
    ["a contact that is no address", { contacts: ["pki"] }, 'contacts[0]: "pki" is no e-mail address'],
    [
      "a key that ACME does not take",
      { keyAlgorithm: "Ed25519" },
      "keyAlgorithm: Ed25519 is no algorithm of an account key",
    ],
    [
      "a key that cannot be read",
      { credentials: { account: { privateKeyPem: "key" } } },
      "privateKeyPem: holds no private key",
    ],
    ["roots that are none", { caBundlePem: "root" }, "caBundlePem: holds no certificate"],
    ["a generation that is no number", { generation: 0 }, "generation: 0 is no whole number from 1 on"],
    [
      "a limit that is none",
      { rateLimits: { domain: { count: 0, per: "7d" } } },
      "rateLimits.domain.count: 0 is no number of orders",
    ],
    ["a limit that nobody looks at", { rateLimits: { certificates: false } }, "rateLimits.certificates: is no limit"],
    ["more than the whole of the limits", { rateBudget: { share: 2 } }, "rateBudget.share: 2 is no part of a whole"],
    [
      "a solver in the wrong place",
      { credentials: { solvers: JSON.stringify([{ dns01: { kind: "standalone" } }]) } },
      'solvers[0].dns01: "standalone" cannot answer dns-01',
    ],
  ])("%s", async (_what, change, message) => {
    await expect(preview(account(change), acmeAccount)).rejects.toThrow(message);
  });

  test("but not what is not known yet", async () => {
    await preview(account({ directory: unknown, contacts: [unknown], generation: unknown }), acmeAccount);
    await preview(account({ rateLimits: { domain: unknown }, rateBudget: { share: unknown } }), acmeAccount);
    await preview(account({ directory: "zerossl", credentials: { externalAccountBinding: unknown } }), acmeAccount);
  });
});
