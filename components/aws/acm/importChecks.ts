import { X509Certificate, createPrivateKey, type KeyObject } from "node:crypto";
import { messageOf } from "../../../sdk/errors";
import { refusal } from "../../refuse";

/** A certificate as it goes to ACM. */
export interface ImportedParts {
  readonly certificatePem: string | undefined;
  /** As {@link chainFor} gives it. */
  readonly chainPem: string | undefined;
  readonly privateKeyPem: string | undefined;
}

/**
 * The chain for ACM: the intermediates, and where a root itself issued the certificate that root, since ACM takes no chain
 * only for a certificate that is self-signed.
 */
export function chainFor(
  certificatePem: string | undefined,
  chainPem: string | undefined,
  trustBundlePem: string | undefined,
): string | undefined {
  if (chainPem) return chainPem;
  if (!certificatePem || !trustBundlePem) return undefined;
  const certificate = readCertificate(certificatePem);
  if (issued(certificate, certificate)) return undefined;
  return (trustBundlePem.match(block) ?? []).find((pem) =>
    issued(readBlock(pem, "certificate.trustBundlePem"), certificate),
  );
}

/** What ACM takes. https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html */
const keyAlgorithms: ReadonlySet<string> = new Set([
  "RSA-1024",
  "RSA-2048",
  "RSA-3072",
  "RSA-4096",
  "ECDSA-P256",
  "ECDSA-P384",
  "ECDSA-P521",
]);

/** In bytes. https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html */
const limits = { certificatePem: 32_768, chainPem: 2_097_152, privateKeyPem: 5_120 } as const;

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

/** Refuses a kind of key that ACM does not import. */
export function checkAlgorithm(algorithm: string): void {
  if (keyAlgorithms.has(algorithm)) return;
  throw refusal(
    "certificate.privateKey.algorithm",
    `ACM does not import certificates with a key of the kind ${algorithm}.`,
    "Use ECDSA-P256, which every service of AWS takes, ECDSA-P384, or RSA of 2048, 3072 or 4096 bits.",
  );
}

/** Refuses what ACM would refuse of a certificate that is known. A unit test's mocks may leave its PEM out. */
export function checkImport(parts: ImportedParts, now: Date): void {
  if (parts.certificatePem === undefined) return;
  const certificate = readCertificate(parts.certificatePem);
  checkSizes(parts);
  checkDates(certificate, now);
  checkKey(certificate, parts.privateKeyPem);
  checkChain(certificate, parts.chainPem ?? "");
}

function readCertificate(pem: string): X509Certificate {
  if (pem === "")
    throw refusal(
      "certificate",
      "it is not issued yet, so there is nothing to import.",
      "Import it in a program that runs once it is issued, or remove `pendingFirstIssuance`: then this run waits for it or fails.",
    );
  const blocks = pem.match(block) ?? [];
  if (blocks.length > 1)
    throw refusal(
      "certificate.certificatePem",
      `it holds ${blocks.length} PEM blocks, ACM takes the certificate alone there.`,
      "Give the certificate as `certificatePem` and its intermediates as `chainPem`.",
    );
  return readBlock(pem, "certificate.certificatePem");
}

function readBlock(pem: string, property: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw refusal(
      property,
      `it is no certificate: ${messageOf(error)}.`,
      "Check it with: openssl x509 -in certificate.pem -noout -text.",
    );
  }
}

function checkSizes(parts: ImportedParts): void {
  for (const [part, limit] of Object.entries(limits) as [keyof ImportedParts, number][]) {
    const size = Buffer.byteLength(parts[part] ?? "");
    if (size > limit)
      throw refusal(
        `certificate.${part}`,
        `it is ${size} bytes long, ACM takes ${limit}.`,
        "Give one certificate, its own key and its own chain in PEM, without the text that some tools write beside them.",
      );
  }
}

const day = (text: string): string => new Date(text).toISOString().slice(0, 10);

function checkDates({ validFrom, validTo }: X509Certificate, now: Date): void {
  const fix = "ACM imports certificates that are in force. Renew it, or wait for its first day.";
  if (new Date(validTo) <= now) throw refusal("certificate", `it expired on ${day(validTo)}.`, fix);
  if (new Date(validFrom) > now) throw refusal("certificate", `it is in force from ${day(validFrom)} on.`, fix);
}

/** Refuses to go on where ACM, by its dates, has another certificate than the state says. Mocks may leave either out. */
export function checkInForce(urn: string, arn: string, body: string | undefined, notAfter: string | undefined): void {
  if (!body?.includes("-----BEGIN CERTIFICATE-----") || !notAfter) return;
  const { validTo } = new X509Certificate(body);
  if (Date.parse(validTo) === Date.parse(notAfter)) return;
  throw refusal(
    "certificate",
    `ACM has another one under ${arn}, which expires on ${day(notAfter)} and not on ${day(validTo)}: an import failed, or somebody else imported.`,
    "Change `triggers` of the Certificate, which imports a new one under this ARN; or import it under a new one: " +
      `pulumi up --target-replace '${urn}'.`,
  );
}

function checkKey(certificate: X509Certificate, pem: string | undefined): void {
  if (pem === undefined || pem === "") throw withoutKey();
  const key = readKey(pem);
  if (certificate.checkPrivateKey(key)) return;
  throw refusal(
    "certificate.privateKeyPem",
    "it is not the key of the certificate.",
    "Give the key that the certificate was issued for.",
  );
}

/** Of a certificate whose private key this program does not have, and which ACM therefore does not import. */
export function withoutKey(): Error {
  return refusal(
    "certificate",
    "it has no private key here, and ACM imports a certificate with its key only.",
    "Let the Certificate make its key (no `csrPem`), or add the key: `{ ...certificate, privateKeyPem }`.",
  );
}

function readKey(pem: string): KeyObject {
  const fix = "Give it in PEM, without a passphrase: openssl pkey -in key.pem.";
  if (pem.includes("ENCRYPTED"))
    throw refusal("certificate.privateKeyPem", "it is encrypted, and ACM takes plain keys.", fix);
  try {
    return createPrivateKey(pem);
  } catch {
    // Without the cause: what OpenSSL says may quote the text.
    throw refusal("certificate.privateKeyPem", "it is no private key.", fix);
  }
}

function checkChain(certificate: X509Certificate, chainPem: string): void {
  if (chainPem === "" && !issued(certificate, certificate))
    throw refusal(
      "certificate.chainPem",
      "it is empty, and ACM takes a certificate without its chain only where it is self-signed.",
      "Give its intermediates as `chainPem`, or the root that issued it as `trustBundlePem`.",
    );
  let below = certificate;
  for (const [index, pem] of (chainPem.match(block) ?? []).entries()) {
    const property = `certificate.chainPem[${index}]`;
    const issuer = readBlock(pem, property);
    if (!issued(issuer, below))
      throw refusal(
        property,
        `"${oneLine(issuer.subject)}" did not issue "${oneLine(below.subject)}", which stands before it.`,
        "Give the intermediates alone, the one that issued the certificate first.",
      );
    below = issuer;
  }
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

const oneLine = (name: string): string => name.split("\n").join(", ");
