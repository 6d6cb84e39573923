import { X509Certificate } from "node:crypto";
import { refusal } from "../refuse";

/** What a secret may hold of a certificate. */
export const secretFields = [
  "certificate",
  "chain",
  "fullChain",
  "privateKey",
  "notAfter",
  "fingerprintSha256",
] as const;

/** One of `certificate`, `chain`, `fullChain`, `privateKey` (PEM), `notAfter` (RFC 3339) and `fingerprintSha256` (hexadecimal). */
export type SecretField = (typeof secretFields)[number];

/** The names of the fields in the JSON text: `{ certificate: "tls.crt", privateKey: "tls.key", chain: false }`. */
export type SecretFormat = Partial<Record<SecretField, string | false>>;

/** A certificate as it goes into a secret. */
export interface SecretParts {
  readonly certificatePem: string | undefined;
  readonly chainPem: string | undefined;
  readonly privateKeyPem: string | undefined;
}

/** Bytes. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const largestSecret = 65_536;

/** Which field has which name; refuses what is no field, a name twice, and a secret without anything in it. */
export function namesOfFields(format: SecretFormat = {}): Map<SecretField, string> {
  for (const given of Object.keys(format))
    if (!(secretFields as readonly string[]).includes(given))
      throw refusal(`format.${given}`, "there is no such field.", `Use ${secretFields.join(", ")}.`);
  const names = new Map<SecretField, string>();
  for (const field of secretFields) {
    const name = format[field] ?? field;
    if (name === false) continue;
    if (name === "") throw refusal(`format.${field}`, "the name is empty.", "Give a name, or false to leave it out.");
    const other = [...names].find(([, taken]) => taken === name);
    if (other !== undefined)
      throw refusal(
        `format.${field}`,
        `"${name}" is the name of ${other[0]} as well.`,
        "Give each field its own name.",
      );
    names.set(field, name);
  }
  if (names.size === 0) throw refusal("format", "nothing is left in the secret.", "Leave a field in.");
  return names;
}

/** The JSON text of the secret. A unit test's mocks may leave the certificate out. */
export function secretText(names: ReadonlyMap<SecretField, string>, parts: SecretParts): string {
  const { certificatePem = "", chainPem = "", privateKeyPem } = parts;
  if (parts.certificatePem === "")
    throw refusal(
      "certificate",
      "it is not issued yet, so there is nothing to store.",
      "Store it in a program that runs once it is issued, or remove `pendingFirstIssuance`: then this run waits for it or fails.",
    );
  if (certificatePem !== "" && names.has("privateKey") && !privateKeyPem)
    throw refusal(
      "certificate",
      "it has no private key here.",
      "Let the Certificate make its key (no `csrPem`), or store it without: format: { privateKey: false }.",
    );
  const facts = certificatePem.includes("-----BEGIN CERTIFICATE-----") ? factsOf(certificatePem) : undefined;
  const values: Record<SecretField, string | undefined> = {
    certificate: certificatePem,
    chain: chainPem,
    fullChain: joined(certificatePem, chainPem),
    privateKey: privateKeyPem,
    notAfter: facts?.notAfter,
    fingerprintSha256: facts?.fingerprintSha256,
  };
  const text = JSON.stringify(Object.fromEntries([...names].map(([field, name]) => [name, values[field]])));
  if (Buffer.byteLength(text) > largestSecret)
    throw refusal(
      "certificate",
      `the secret would be ${Buffer.byteLength(text)} bytes long, Secrets Manager takes ${largestSecret}.`,
      "Leave out what nobody reads: format: { certificate: false, chain: false } keeps the fullChain.",
    );
  return text;
}

function joined(certificatePem: string, chainPem: string): string {
  return certificatePem === "" || certificatePem.endsWith("\n")
    ? certificatePem + chainPem
    : `${certificatePem}\n${chainPem}`;
}

function factsOf(pem: string): { notAfter: string; fingerprintSha256: string } {
  const { validTo, fingerprint256 } = new X509Certificate(pem);
  return {
    notAfter: new Date(validTo).toISOString().replace(".000Z", "Z"),
    fingerprintSha256: fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}
