import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { localSigner, type Signer } from "../../../sdk/keys/signer";
import { issueCertificate, type IssuerIdentity, issuerIdentity } from "../../../sdk/x509/certificate";
import type { CertificateTemplate } from "../../../sdk/x509/template";

const notBefore = new Date("2026-01-01T00:00:00Z");
const notAfter = new Date("2027-01-01T00:00:00Z");
let caKey: KeyObject;
let leafKey: KeyObject;
let signer: Signer;
let caPem: string;
let issuer: IssuerIdentity;
let template: CertificateTemplate;

beforeAll(async () => {
  [caKey, leafKey] = [await generatePrivateKey("ECDSA-P256"), await generatePrivateKey("ECDSA-P256")];
  signer = localSigner(caKey);
  const ca = { subject: { commonName: "CA" }, names: {}, publicKey: createPublicKey(caKey), notBefore, notAfter };
  caPem = (await issueCertificate({ ...ca, ca: { pathLength: 0 } }, "self", signer)).pem;
  issuer = issuerIdentity(caPem);
  template = {
    subject: {},
    names: { dnsNames: ["web.example.com"] },
    publicKey: createPublicKey(leafKey),
    notBefore,
    notAfter,
  };
});

const issue = (changes: Partial<CertificateTemplate> = {}): ReturnType<typeof issueCertificate> =>
  issueCertificate({ ...template, ...changes }, issuer, signer);

test("what it says of itself is what node reads", async () => {
  const issued = await issue();
  const read = new X509Certificate(issued.pem);
  expect(read.raw.equals(issued.der)).toBe(true);
  expect(read.serialNumber.toLowerCase()).toBe(issued.serialNumber);
  expect(read.fingerprint256.replaceAll(":", "").toLowerCase()).toBe(issued.fingerprintSha256);
  expect(new Date(read.validFrom)).toEqual(issued.notBefore);
  expect(new Date(read.validTo)).toEqual(issued.notAfter);
  const spki = read.publicKey.export({ type: "spki", format: "der" });
  expect(createHash("sha256").update(spki).digest("base64")).toBe(issued.spkiSha256);
  expect(read.verify(createPublicKey(caKey))).toBe(true);
  expect(read.checkIssued(new X509Certificate(caPem))).toBe(true);
});

test("an independent library reads every extension", async () => {
  const issued = await issue({
    extendedKeyUsages: ["serverAuth", "1.3.6.1.4.1.311.20.2.2"],
    crlUrls: ["http://pki.example.com/ca.crl"],
    issuerUrls: ["http://pki.example.com/ca.cer"],
    ocspUrls: ["http://ocsp.example.com"],
    policies: ["2.23.140.1.2.1", "1.2.3.4"],
  });
  const read = new x509.X509Certificate(issued.pem);
  expect(read.getExtension(x509.KeyUsagesExtension)).toMatchObject({
    critical: true,
    usages: x509.KeyUsageFlags.digitalSignature,
  });
  expect(read.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual([
    "1.3.6.1.5.5.7.3.1",
    "1.3.6.1.4.1.311.20.2.2",
  ]);
  expect(read.getExtension(x509.SubjectAlternativeNameExtension)).toMatchObject({ critical: true });
  expect(read.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
    Buffer.from(issuer.keyIdentifier).toString("hex"),
  );
  const access = read.getExtension(x509.AuthorityInfoAccessExtension);
  expect(access?.ocsp.map(({ value }) => value)).toEqual(["http://ocsp.example.com"]);
  expect(access?.caIssuers.map(({ value }) => value)).toEqual(["http://pki.example.com/ca.cer"]);
  expect(read.getExtension(x509.CertificatePolicyExtension)?.policies).toEqual(["2.23.140.1.2.1", "1.2.3.4"]);
  const points = read.getExtension(x509.CRLDistributionPointsExtension)?.distributionPoints ?? [];
  expect(points[0]?.distributionPoint?.fullName?.[0]?.uniformResourceIdentifier).toBe("http://pki.example.com/ca.crl");
  expect(read.extensions.map(({ type }) => type)).not.toContain("2.5.29.19");
});

test("names are critical only without a subject", async () => {
  const critical = async (changes: Partial<CertificateTemplate>): Promise<boolean | undefined> =>
    new x509.X509Certificate((await issue(changes)).pem).getExtension("2.5.29.17")?.critical;
  expect(await critical({})).toBe(true);
  expect(await critical({ subject: { commonName: "web" } })).toBe(false);
  expect(await critical({ subject: { commonName: "web" }, names: {} })).toBeUndefined();
});

test.each(keyAlgorithms)("%s: a CA says so critically, a leaf takes the usages of its key", async (algorithm) => {
  const key = await generatePrivateKey(algorithm);
  const publicKey = createPublicKey(key);
  const ca = await issueCertificate(
    { ...template, subject: { commonName: "CA" }, names: {}, publicKey, ca: { pathLength: 1 } },
    "self",
    localSigner(key),
  );
  const read = new x509.X509Certificate(ca.pem);
  expect(read.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ critical: true, ca: true, pathLength: 1 });
  expect(read.getExtension(x509.KeyUsagesExtension)).toMatchObject({
    critical: true,
    usages: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
  });
  expect(new X509Certificate(ca.pem).verify(publicKey)).toBe(true);
  const leaf = new x509.X509Certificate((await issue({ publicKey })).pem).getExtension(x509.KeyUsagesExtension);
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  expect(leaf?.usages).toBe(algorithm.startsWith("RSA") ? digitalSignature | keyEncipherment : digitalSignature);
});

test("dates are cut to whole seconds", async () => {
  const issued = await issue({
    notBefore: new Date("2026-01-01T00:00:00.999Z"),
    notAfter: new Date("2050-01-01T00:00:00.001Z"),
  });
  expect(issued.notBefore.toISOString()).toBe("2026-01-01T00:00:00.000Z");
  expect(issued.notAfter.toISOString()).toBe("2050-01-01T00:00:00.000Z");
});

test("serial numbers are positive, 16 bytes long and never the same", async () => {
  const serials = await Promise.all(Array.from({ length: 500 }, async () => (await issue()).serialNumber));
  expect(new Set(serials).size).toBe(500);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
});

test("a serial number of one's own is kept, without leading zeros", async () => {
  const issued = await issue({ serialNumber: Buffer.from("0000ff01", "hex") });
  expect(issued.serialNumber).toBe("ff01");
  expect(new X509Certificate(issued.pem).serialNumber).toBe("FF01");
});

test("a signer that answers later, as a KMS does, signs too", async () => {
  const later: Signer = { ...signer, sign: async (tbs) => Promise.resolve(signer.sign(tbs)) };
  const issued = await issueCertificate(template, issuer, later);
  expect(new X509Certificate(issued.pem).verify(createPublicKey(caKey))).toBe(true);
});

test.each<[string, Partial<CertificateTemplate>, string]>([
  ["no name at all", { names: {} }, "dnsNames: names nothing, and the subject is empty"],
  ["an end before its beginning", { notAfter: notBefore }, "notAfter: 2026-01-01T00:00:00.000Z is not after notBefore"],
  ["no date", { notAfter: new Date(NaN) }, "notAfter: Invalid Date is not between 1950 and 9999"],
  ["a date too far off", { notAfter: new Date("+010000-01-01T00:00:00Z") }, "is not between 1950 and 9999"],
  ["the serial number 0", { serialNumber: Buffer.of(0) }, "serialNumber: of 1 bytes is zero or longer"],
  ["a serial number of 21 bytes", { serialNumber: Buffer.alloc(21, 1) }, "is zero or longer than 20 bytes"],
  [
    "a serial number of 20 bytes with its first bit set",
    { serialNumber: Buffer.alloc(20, 0x80) },
    "is zero or longer than 20 bytes",
  ],
  ["an unknown key usage", { keyUsages: ["sign" as never] }, 'keyUsages[0]: "sign" is no key usage'],
  ["no key usage", { keyUsages: [] }, "keyUsages: is empty"],
  ["a CA's key usage on a leaf", { keyUsages: ["keyCertSign"] }, 'keyUsages[0]: "keyCertSign" is for a CA only'],
  [
    "key encipherment with an ECDSA key",
    { keyUsages: ["keyEncipherment"] },
    'keyUsages[0]: "keyEncipherment" needs an RSA key, this one is ECDSA-P256',
  ],
  ["encipherOnly alone", { keyUsages: ["encipherOnly"] }, "has no meaning without keyAgreement"],
  [
    "an unknown extended usage",
    { extendedKeyUsages: ["server"] },
    'extendedKeyUsages[0]: "server" is no extended key usage',
  ],
  ["a policy that is no identifier", { policies: ["high"] }, 'policies[0]: "high" is no object identifier'],
  ["an https CRL", { crlUrls: ["https://a.example/crl"] }, 'crlUrls[0]: "https://a.example/crl" is no http:// URL'],
  ["a relative CRL", { crlUrls: ["ca.crl"] }, 'crlUrls[0]: "ca.crl" has no scheme'],
  ["a bad name", { names: { dnsNames: ["a b"] } }, 'dnsNames[0]: "a b" has the character'],
  ["a CA below a CA of path length 0", { ca: {}, subject: { commonName: "x" } }, "The issuer's path length is 0"],
])("%s is refused", async (_, changes, message) => {
  await expect(issue(changes)).rejects.toThrow(message);
});

test.each([[-1], [1.5], [101], [NaN]])("the path length %p is refused", async (pathLength) => {
  const ca = { ...template, subject: { commonName: "x" }, ca: { pathLength } };
  await expect(issueCertificate(ca, "self", localSigner(leafKey))).rejects.toThrow("pathLength: ");
});

test("a CA without a subject is refused", async () => {
  await expect(issueCertificate({ ...template, ca: {} }, "self", localSigner(leafKey))).rejects.toThrow(
    "subject: is empty",
  );
});

test("a CA that could not issue is refused", async () => {
  const ca: CertificateTemplate = { ...template, subject: { commonName: "x" }, ca: {}, keyUsages: ["cRLSign"] };
  await expect(issueCertificate(ca, "self", localSigner(leafKey))).rejects.toThrow("keyUsages: lacks keyCertSign");
});

test("a key that is not the issuer's signs nothing", async () => {
  await expect(issueCertificate(template, issuer, localSigner(leafKey))).rejects.toMatchObject({ code: "KeyMismatch" });
  await expect(issueCertificate(template, "self", signer)).rejects.toMatchObject({ code: "KeyMismatch" });
});

test("names outside the issuer's constraints are refused, the common name among them", async () => {
  const constrained = { ...issuer, nameConstraints: { permitted: { dnsDomains: ["example.com"] } } };
  await expect(issueCertificate(template, constrained, signer)).resolves.toBeDefined();
  const outside = { ...template, names: { dnsNames: ["web.example.org"] } };
  await expect(issueCertificate(outside, constrained, signer)).rejects.toMatchObject({
    code: "ConstraintViolation",
    message: expect.stringContaining('web.example.org: its name constraints say permitted dnsDomains "example.com"'),
  });
  const named = { ...template, names: {}, subject: { commonName: "web.example.org" } };
  await expect(issueCertificate(named, constrained, signer)).rejects.toMatchObject({ code: "ConstraintViolation" });
});
