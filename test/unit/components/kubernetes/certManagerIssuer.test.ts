import { CertManagerIssuer, type CertManagerIssuerArgs } from "../../../../components/kubernetes";
import {
  AcmeAccount,
  type AcmeAccountArgs,
  acmeDns,
  azureDns,
  cloudflare,
  exec,
  powerDns,
  rfc2136,
  route53,
  standalone,
} from "../../../../sdk";
import { mockedProgram } from "../../../support/mockedProgram";
import {
  type TestCa,
  type TestCertificate,
  createTestCa,
  issueTestCertificate,
} from "../../../support/testCertificates";

let ca: TestCa;
let leaf: TestCertificate;

beforeAll(async () => {
  ca = await createTestCa("Cluster", await createTestCa("Root"));
  leaf = await issueTestCertificate(ca);
});

const decoded = (text: string) => Buffer.from(text, "base64").toString();
const issuerOf = (args: Partial<CertManagerIssuerArgs>) =>
  mockedProgram(() => new CertManagerIssuer("internal", { ...args }));
const accountOf = (args: Partial<AcmeAccountArgs>) =>
  new AcmeAccount("account", { directory: "letsencrypt-staging", keyAlgorithm: "RSA-2048", ...args });
const acmeOf = (account: Partial<AcmeAccountArgs>, acme: Partial<CertManagerIssuerArgs["acme"]> = {}) =>
  mockedProgram(() => new CertManagerIssuer("internal", { acme: { account: accountOf(account), ...acme } }));
const messageOf = async (failing: Promise<unknown>) =>
  ((await failing.catch((reason: Error) => reason)) as Error).message.replace(
    /^(error serializing property "\w+": )+/,
    "",
  );

test("a CA: its secret holds chain, key and roots, and is there before the issuer", async () => {
  const graph = await issuerOf({
    ca: { ...ca, trustBundlePem: ca.rootPem },
    namespace: "site",
    owner: { team: "platform" },
  });
  const [issuer, secret] = ["internal", "internal-ca-data"].map((name) =>
    graph.find((each) => each.name === name && each.type.startsWith("kubernetes:")),
  );
  expect(issuer).toMatchObject({
    type: "kubernetes:cert-manager.io/v1:Issuer",
    dependsOn: expect.arrayContaining(["internal-ca-data"]),
    inputs: {
      metadata: {
        name: "internal",
        namespace: "site",
        labels: { "pulumi-certificates/owner-team": "platform" },
        annotations: { "pulumi.com/waitFor": "condition=Ready" },
      },
      spec: { ca: { secretName: "internal-ca" } },
    },
  });
  expect(secret?.secrets).toEqual(["data"]);
  expect(secret?.inputs).toMatchObject({
    type: "kubernetes.io/tls",
    metadata: { name: "internal-ca", namespace: "site" },
  });
  const data = secret?.inputs.data as Record<string, string>;
  expect(["tls.crt", "tls.key", "ca.crt"].map((key) => decoded(data[key]!))).toEqual([
    ca.certificatePem,
    ca.privateKeyPem,
    ca.rootPem,
  ]);
});

test("a ClusterIssuer has no namespace, and its secret stands where cert-manager looks for it", async () => {
  const graph = await issuerOf({ ca, kind: "ClusterIssuer", issuerName: "example", waitForReady: false });
  const issuer = graph.find(({ type }) => type === "kubernetes:cert-manager.io/v1:ClusterIssuer");
  expect(issuer?.inputs.metadata).toEqual({ name: "example" });
  expect(graph.find(({ name }) => name === "internal-ca")?.inputs.metadata).toMatchObject({
    name: "example-ca",
    namespace: "cert-manager",
  });
});

test("solvers that cert-manager has in other words", async () => {
  const graph = await acmeOf(
    { email: "Pki@example.com", contacts: ["other@example.com"], profile: "shortlived" },
    {
      solvers: [
        {
          dns01: azureDns({
            subscriptionId: "s",
            resourceGroup: "g",
            clientId: "i",
            endpoint: "https://management.usgovcloudapi.net/",
          }),
        },
        { dns01: route53({ roleArn: "arn:aws:iam::123456789012:role/dns", region: "cn-north-1" }) },
      ],
    },
  );
  const { spec } = graph.find(({ type }) => type === "kubernetes:cert-manager.io/v1:Issuer")!.inputs;
  expect(spec.acme).toMatchObject({ email: "Pki@example.com", profile: "shortlived" });
  expect(spec.acme.solvers).toEqual([
    {
      dns01: {
        cnameStrategy: "Follow",
        azureDNS: {
          subscriptionID: "s",
          resourceGroupName: "g",
          managedIdentity: { clientID: "i" },
          environment: "AzureUSGovernmentCloud",
        },
      },
    },
    {
      dns01: {
        cnameStrategy: "Follow",
        route53: { region: "cn-north-1", role: "arn:aws:iam::123456789012:role/dns" },
      },
    },
  ]);
  expect(graph.map(({ name }) => name)).not.toContain("internal-solvers");
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ["neither a CA nor an account", () => issuerOf({}), /^ca: exactly one of `ca` and `acme`/],
  [
    "another kind",
    () => issuerOf({ ca, kind: "Certificate" as "Issuer" }),
    /^kind: "Certificate" is no kind of issuer/,
  ],
  [
    "a CA without its key",
    () => issuerOf({ ca: { ...ca, privateKeyPem: "" } }),
    /^ca: its private key is not known here.*signedBy: "external"/,
  ],
  ["a certificate that is no CA", () => issuerOf({ ca: leaf }), /^ca: its certificate is not that of a CA/],
  [
    "a CA that awaits its signature",
    () => issuerOf({ ca: { ...ca, certificatePem: "", csrPem: "a request" } as never }),
    /^ca: it awaits its signature.*signedCertificatePem/,
  ],
  [
    "an account with another key",
    () => acmeOf({ keyAlgorithm: "ECDSA-P384", solvers: [{ dns01: cloudflare({ apiToken: "t" }) }] }),
    /^acme\.account: its key is ECDSA-P384, and cert-manager takes only RSA keys.*keyAlgorithm: "RSA-2048"/,
  ],
  ["no solvers", () => acmeOf({}), /^acme\.solvers: it is empty/],
  [
    "a solver of this machine",
    () => acmeOf({ solvers: [{ http01: standalone({ port: 80 }) }] }),
    /^acme\.account\.solvers\[0\]\.http01: standalone\(\) answers from the machine that runs Pulumi.*ingressClassName/,
  ],
  [
    "tls-alpn-01",
    () => acmeOf({ solvers: [{ tlsAlpn01: standalone({ port: 443 }) }] }),
    /^acme\.account\.solvers\[0\]\.tlsAlpn01: tlsAlpn01 answers from the machine/,
  ],
  [
    "a kind that cert-manager does not have",
    () => acmeOf({ solvers: [{ dns01: powerDns({ url: "https://dns.example", apiKey: "k" }) }] }),
    /no solver of the kind powerDns\. Use one of route53, cloudflare/,
  ],
  [
    "a script",
    () => acmeOf({}, { solvers: [{ dns01: exec({ command: ["/bin/true"] } as never) as never }] }),
    /^acme\.solvers\[0\]\.dns01: cert-manager has no solver of the kind exec/,
  ],
  [
    "a setting that cert-manager does not have",
    () => acmeOf({}, { solvers: [{ dns01: route53({ sessionToken: "t" }) }] }),
    /^acme\.solvers\[0\]\.dns01\.sessionToken: cert-manager has no such setting/,
  ],
  [
    "an algorithm that it does not have",
    () =>
      acmeOf(
        {},
        { solvers: [{ dns01: rfc2136({ server: "10.0.0.1", keyName: "k", key: "aw==", algorithm: "hmac-sha384" }) }] },
      ),
    /^acme\.solvers\[0\]\.dns01\.algorithm: cert-manager does not know "hmac-sha384"\. Use one of: hmac-sha256, hmac-sha512/,
  ],
  [
    "acme-dns without names",
    () =>
      acmeOf(
        {},
        { solvers: [{ dns01: acmeDns({ url: "https://a.example", username: "u", password: "p", subdomain: "s" }) }] },
      ),
    /this solver names none\. Give `dnsNames` beside `dns01`/,
  ],
  [
    "both challenges in one solver",
    () => acmeOf({}, { solvers: [{ http01: { ingress: {} }, dns01: cloudflare({ apiToken: "t" }) }] }),
    /^acme\.solvers\[0\]: it must have exactly one of http01 and dns01/,
  ],
])("is refused: %s", async (_what, program, message) => {
  expect(await messageOf(program())).toMatch(message);
});
