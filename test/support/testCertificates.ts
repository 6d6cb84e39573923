import "reflect-metadata";
import { randomBytes, webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";

export type TestKeyType = "ECDSA" | "RSA" | "Ed25519";

/** A certificate made for a test, outside of the code under test. */
export interface TestCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** The intermediates above it, without the root. */
  readonly chainPem: string;
  readonly fullChainPem: string;
  readonly rootPem: string;
  /** Lower-case hex. */
  readonly fingerprintSha256: string;
  readonly serialNumber: string;
}

export interface TestCa extends TestCertificate {
  readonly name: string;
  readonly signingKey: webcrypto.CryptoKey;
}

export interface TestCertificateOptions {
  commonName?: string;
  dnsNames?: string[];
  /** @default none */
  ipAddresses?: string[];
  keyType?: TestKeyType;
  /** Object identifiers. @default no extension */
  extendedKeyUsages?: string[];
  notBefore?: Date;
  notAfter?: Date;
}

/** Node's WebCrypto has the browser's interface under a type of its own. */
const webCrypto = webcrypto as unknown as NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>;
const day = 86_400_000;
const algorithms = {
  ECDSA: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  RSA: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
  Ed25519: { name: "Ed25519" },
} as const;

/** A root, or with `issuer` an intermediate. */
export async function createTestCa(
  name: string,
  issuer?: TestCa,
  options: Pick<TestCertificateOptions, "keyType" | "notBefore" | "notAfter"> = {},
): Promise<TestCa> {
  const made = await create(`CN=${name}`, issuer, options, [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]);
  return { ...made.certificate, name, signingKey: made.key };
}

/** A server certificate; without `issuer` self-signed. */
export async function issueTestCertificate(
  issuer: TestCa | undefined,
  options: TestCertificateOptions = {},
): Promise<TestCertificate> {
  const { commonName = "web.example.com", dnsNames = [commonName], ipAddresses = [] } = options;
  const made = await create(`CN=${commonName}`, issuer, options, [
    new x509.SubjectAlternativeNameExtension([
      ...dnsNames.map((value) => ({ type: "dns", value }) as const),
      ...ipAddresses.map((value) => ({ type: "ip", value }) as const),
    ]),
    ...(options.extendedKeyUsages ? [new x509.ExtendedKeyUsageExtension(options.extendedKeyUsages)] : []),
  ]);
  return made.certificate;
}

async function create(
  subject: string,
  issuer: TestCa | undefined,
  { keyType = "ECDSA", notBefore, notAfter }: TestCertificateOptions,
  extensions: x509.Extension[],
): Promise<{ certificate: TestCertificate; key: webcrypto.CryptoKey }> {
  const keys = (await webcrypto.subtle.generateKey(algorithms[keyType], true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const signingKey = issuer?.signingKey ?? keys.privateKey;
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: `01${randomBytes(8).toString("hex")}`,
      subject,
      issuer: issuer === undefined ? subject : `CN=${issuer.name}`,
      notBefore: notBefore ?? new Date(Date.now() - day),
      notAfter: notAfter ?? new Date(Date.now() + 30 * day),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm:
        signingKey.algorithm.name === "ECDSA" ? { name: "ECDSA", hash: "SHA-256" } : signingKey.algorithm,
      extensions: [
        ...extensions,
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webCrypto),
        await authorityKeyIdentifier(issuer, keys.publicKey),
      ],
    },
    webCrypto,
  );
  const certificatePem = `${made.toString("pem")}\n`;
  const chainPem = issuer === undefined || issuer.rootPem === issuer.certificatePem ? "" : issuer.fullChainPem;
  const der = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  const parsed = new X509Certificate(certificatePem);
  const certificate = {
    certificatePem,
    privateKeyPem: `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`,
    chainPem,
    fullChainPem: certificatePem + chainPem,
    rootPem: issuer?.rootPem ?? certificatePem,
    fingerprintSha256: parsed.fingerprint256.replaceAll(":", "").toLowerCase(),
    serialNumber: parsed.serialNumber.toLowerCase(),
  };
  return { certificate, key: keys.privateKey };
}

async function authorityKeyIdentifier(
  issuer: TestCa | undefined,
  ownKey: webcrypto.CryptoKey,
): Promise<x509.Extension> {
  if (issuer === undefined) {
    return x509.AuthorityKeyIdentifierExtension.create(ownKey, false, webCrypto);
  }
  const { publicKey } = new x509.X509Certificate(issuer.certificatePem);
  return x509.AuthorityKeyIdentifierExtension.create(publicKey, false, webCrypto);
}
