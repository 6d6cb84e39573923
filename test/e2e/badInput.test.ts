import { generateKeyPairSync } from "node:crypto";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { createTestCa, issueTestCertificate } from "../support/testCertificates";
import { createCsr } from "../../sdk/x509/csr";

/** Arguments of a certificate named `bad`, as JavaScript, and what the one line says: property, value, expectation, fix. */
type Case = readonly [title: string, args: string, ...said: (string | RegExp)[]];

const cases: Case[] = [
  [
    "a window as long as the lifetime",
    `{ duration: "10d", renewBefore: "10d" }`,
    "renewBefore: 10d is not smaller than the duration 10d",
    `"80h"`,
  ],
  [
    "a window shorter than the cadence",
    `{ duration: "10d", renewBefore: "12h" }`,
    "renewBefore: 12h",
    "cadence of 1d",
    "certificates:cadence",
  ],
  ["no duration", `{ duration: "ninety days" }`, `duration: "ninety days" is not a duration`, `"90d"`],
  ["a window in words", `{ renewBefore: "a third" }`, `renewBefore: "a third" is not a duration`, `"36h"`],
  ["a percentage of nothing", `{ renewBefore: "0%" }`, `renewBefore: "0%"`, "1% to 99%"],
  [
    "keeping that begins before the renewal",
    `{ duration: "90d", renewBefore: "10d", onRenewalFailure: { keepUntil: "20d" } }`,
    `onRenewalFailure.keepUntil: "20d"`,
    "10d before the end",
  ],
  [
    "a name outside the constraints of a CA that does not exist yet",
    `{ issuer: newCa, dnsNames: ["web.outside.example"] }`,
    `"web.outside.example" is outside`,
    "inside.example",
    "another CA",
  ],
  [
    "a name outside the constraints of a CA that exists",
    `{ issuer: ca, commonName: "web.outside.example", dnsNames: [] }`,
    `"web.outside.example" is outside`,
    "inside.example",
  ],
  [
    "a duration longer than the CA's",
    `{ issuer: newCa, duration: "200d" }`,
    "duration: 200d is longer than the whole life of the issuing CA (100d)",
    "shorter",
  ],
  [
    "a name that is no DNS name",
    `{ dnsNames: ["web.example", "web server.example"] }`,
    `dnsNames[1]: "web server.example"`,
  ],
  ["a wildcard with two stars", `{ dnsNames: ["*.*.example"] }`, `dnsNames[0]: "*.*.example"`, `"*.example.com"`],
  ["an IP address among DNS names", `{ dnsNames: ["10.0.0.7"] }`, `dnsNames[0]: "10.0.0.7"`, "ipAddresses"],
  [
    "an empty certificate",
    `{ dnsNames: [] }`,
    "would be empty",
    "Give dnsNames, ipAddresses, uris, emailAddresses or commonName",
  ],
  [
    "an unknown key algorithm",
    `{ privateKey: { algorithm: "RSA-1024" } }`,
    `privateKey.algorithm: "RSA-1024"`,
    "ECDSA-P256",
  ],
  [
    "an unknown rotation policy",
    `{ privateKey: { rotationPolicy: "sometimes" } }`,
    `privateKey.rotationPolicy: "sometimes"`,
    `"always" or "never"`,
  ],
  ["an unknown usage", `{ keyUsages: ["signing"] }`, `keyUsages[0]: "signing" is no key usage`, "digitalSignature"],
  [
    "an unknown purpose",
    `{ extendedKeyUsages: ["web"] }`,
    `extendedKeyUsages[0]: "web" is no extended key usage`,
    `"serverAuth"`,
  ],
  ["a common name that is too long", `{ commonName: "x".repeat(65) }`, "commonName", "64"],
  ["a CSR that was changed", `{ csrPem: damagedCsr }`, "csrPem: its signature is wrong", "anew"],
  [
    "a CSR for other names",
    `{ csrPem: csr, dnsNames: ["other.example"] }`,
    "csrPem: its dnsNames (web.example) are not those of the arguments (other.example)",
    "Make the CSR",
  ],
  [
    "adopting a key of another certificate",
    `{ adopt: { certificatePem, privateKeyPem: otherKeyPem } }`,
    "adopt.privateKeyPem does not belong",
    "leave it out",
  ],
  [
    "an issuer that is no certificate",
    `{ issuer: caIssuer({ certificatePem: "nonsense", privateKeyPem: otherKeyPem }) }`,
    "issuer.certificatePem: holds 0 certificates",
    "Give exactly one, in PEM",
  ],
  [
    "an adopted certificate that is missing",
    `{ adopt: { certificatePath: "missing.pem" } }`,
    `adopt.certificatePath: "missing.pem" cannot be read`,
    "readable PEM file",
  ],
];

/** What their target would refuse of certificates that are yet to be issued: a deployment named `bad`, and what is said. */
const deployments: Case[] = [
  [
    "a certificate that PostgreSQL's clients fail with, from a CA that does not exist yet",
    `{ certificate: signedBy(new CertificateAuthority("new", { commonName: "New", privateKey: { algorithm: "Ed25519" } })), target: postgresql }`,
    "certificate: it is signed with Ed25519",
    "Let a CA with an ECDSA or RSA key sign it",
  ],
  [
    "a private key that will not be there",
    `{ certificate: new Certificate("request", { issuer: ca, csrPem: inside }), target: postgresql }`,
    `target.keyPath: the certificate has no private key here`,
  ],
  [
    "an endpoint that asks a member of a set for another name",
    `{ certificate: fleet().member("api"), target: postgresql, endpoints: [{ address: "10.0.0.7", serverName: "www.inside.example" }] }`,
    `endpoints[0].serverName: "www.inside.example" is none of the certificate's names (api.inside.example)`,
    "dnsNames of the certificate",
  ],
];

describe("a wrong argument is one clear line in the preview", () => {
  let stack: Stack;

  beforeAll(async () => {
    const [running, other] = await Promise.all([issueTestCertificate(undefined), createTestCa("Other CA")]);
    const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const csr = await createCsr({ subject: {}, names: { dnsNames: ["web.example"] }, key });
    const inside = await createCsr({ subject: {}, names: { dnsNames: ["web.inside.example"] }, key });
    const damagedCsr = csr.replace(/.(?=.{9}\n-----END)/, (letter) => (letter === "A" ? "B" : "A"));
    const values = {
      csr,
      inside,
      damagedCsr,
      certificatePem: running.certificatePem,
      otherKeyPem: other.privateKeyPem,
    };
    stack = await createStack({
      program: `
        const { Certificate, CertificateAuthority, CertificateDeployment, CertificateSet, caIssuer, selfSigned, ...targets } = require("pulumi-certificates");
        const { csr, inside, damagedCsr, certificatePem, otherKeyPem } = ${JSON.stringify(values)};
        const constrained = { commonName: "CA", duration: "100d", nameConstraints: { permitted: { dnsDomains: ["inside.example"] } } };
        const ca = new CertificateAuthority("ca", constrained);
        const newCa = process.env.BAD ? new CertificateAuthority("newCa", constrained) : undefined;
        const cases = [${cases.map(([, args]) => `() => (${args})`).join(",\n")}];
        const signedBy = (issuer) => new Certificate("leaf", { issuer, dnsNames: ["web.inside.example"] });
        const fleet = () => new CertificateSet("fleet", { issuer: ca, duration: "50d", members: { api: { dnsNames: ["api.inside.example"] } } });
        const postgresql = targets.postgresql({
          certificatePath: process.cwd() + "/tls/server.crt", keyPath: process.cwd() + "/tls/server.key",
          owner: String(process.getuid()), reload: ["/bin/true"],
        });
        const deployments = [${deployments.map(([, args]) => `() => (${args})`).join(",\n")}];
        if (process.env.DEPLOY) new CertificateDeployment("bad", deployments[process.env.DEPLOY]());
        if (process.env.BAD) new Certificate("bad", {
          issuer: selfSigned(), dnsNames: ["web.example"], ...(process.env.BAD === "fine" ? {} : cases[process.env.BAD]()),
        });`,
    });
    await stack.up();
  });

  async function lineOf(env: Record<string, string>): Promise<string> {
    const { all } = await stack.preview({ env, fails: true });
    expect(all).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
    expect(all).not.toMatch(/-BEGIN|unhandled/i);
    // What is wrong with the stack itself is said of the resource that is looked at first.
    const lines = ["bad", "ca", "newCa"].flatMap((name) => diagnosticsOf(all, name));
    expect(lines).toHaveLength(1);
    return lines[0] as string;
  }

  test.each(cases.map(([title, , ...said], index) => ({ title, index, said })))("$title", async ({ index, said }) => {
    const line = await lineOf({ BAD: String(index) });
    for (const part of said)
      expect(line).toMatch(typeof part === "string" ? new RegExp(part.replace(/[[\](){}.*+?]/g, "\\$&")) : part);
  });

  test.each(deployments.map(([title, , ...said], index) => ({ title, index, said })))(
    "$title",
    async ({ index, said }) => {
      const line = await lineOf({ DEPLOY: String(index) });
      for (const part of said) expect(line).toContain(part);
    },
  );

  test("a time that is no date", async () => {
    const line = await lineOf({ BAD: "fine", PULUMI_CERTIFICATES_NOW: "next March" });
    expect(line).toMatch(/PULUMI_CERTIFICATES_NOW: "next March" is not a date.*2027-03-01/);
  });

  test("a cadence that is no duration", async () => {
    stack.config("certificates:cadence", "daily");
    const line = await lineOf({ BAD: "fine" });
    expect(line).toMatch(/certificates:cadence: "daily" is not a duration.*"36h"/);
  });
});
