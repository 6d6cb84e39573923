import { X509Certificate } from "node:crypto";
import { CertificatesError, invalidArgument } from "../errors";
import { parsePrivateKey, publicKeyMatches } from "../keys/pem";
import { combinedPem, joinPem } from "../keystores/pem";
import { type Pkcs12TrustStoreSpec, createTrustStore, validateTrustStore } from "../keystores/pkcs12TrustStore";
import { type KeystoreSpec, createKeystore, validateKeystore, validateKeystorePassword } from "../keystores/registry";
import type { CertificateDescription } from "./describedCertificate";
import type { Material } from "./target";

/** The PEM contents that a file can have. */
export const pemContents = ["certificate", "chain", "fullChain", "trustBundle", "privateKey", "combined"] as const;

/**
 * What a PEM file holds. `certificate`: the certificate alone. `chain`: its intermediates. `fullChain`: the certificate
 * and its intermediates, in the order of TLS (RFC 8446, 4.4.2). `trustBundle`: the roots that verify it. `privateKey`:
 * its private key, PKCS#8. `combined`: private key, certificate and intermediates, as HAProxy reads them.
 */
export type PemContent = (typeof pemContents)[number];

/** A keystore with its password, which is missing where only the shape counts. */
export type KeystoreContent = KeystoreSpec & { readonly password?: string };

/** A trust store, with its password if it has one. */
export type TrustStoreContent = Pkcs12TrustStoreSpec & { readonly password?: string };

/** A text that a target writes about its files; no program asks for it. */
export interface TextContent {
  readonly text: string;
}

export type FileContent = PemContent | KeystoreContent | TrustStoreContent | TextContent;

export function parseContent(value: unknown, property: string): FileContent {
  if (typeof value === "string" && (pemContents as readonly string[]).includes(value)) return value as PemContent;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if (isTrustStore(value)) {
      validateTrustStore(value, property);
      return value;
    }
    const { password, ...spec } = value as KeystoreContent;
    validateKeystore(spec, property);
    if (password !== undefined) validateKeystorePassword(spec, password, property);
    return value as KeystoreContent;
  }
  // Only a word is shown: anything else may hold a password.
  const problem = `${typeof value === "string" ? JSON.stringify(value) : "this"} is nothing that a file can hold.`;
  throw invalidArgument(
    property,
    problem,
    `Use one of ${pemContents.join(", ")}, or a keystore such as pkcs12({ password }).`,
  );
}

function isTrustStore(value: object): value is TrustStoreContent {
  return "kind" in value && value.kind === "pkcs12TrustStore";
}

export function holdsPrivateKey(content: FileContent): boolean {
  if (typeof content === "object") return !("text" in content) && !isTrustStore(content);
  return content === "privateKey" || content === "combined";
}

/** Throws for a certificate that is known to lack what the file is to hold. */
export function assertAvailable(
  content: FileContent,
  { hasTrustBundle, hasPrivateKey }: Pick<CertificateDescription, "hasTrustBundle" | "hasPrivateKey">,
  property: string,
): void {
  const holdsRoots = content === "trustBundle" || (typeof content === "object" && isTrustStore(content));
  if (holdsRoots && hasTrustBundle === false) {
    throw invalidArgument(property, "the certificate has no trust bundle.", "Leave this file out.");
  }
  if (holdsPrivateKey(content) && hasPrivateKey === false) {
    throw invalidArgument(
      property,
      "the certificate has no private key here: it was issued for a CSR, or adopted without its key.",
      "Deploy one that has its key, or only files without it.",
    );
  }
}

export interface RenderedContent {
  /** All that decides the bytes; it holds secrets. */
  readonly source: string;
  bytes(): Promise<Uint8Array>;
}

/** The bytes of a file, made when they are asked for. */
export function renderContent(content: FileContent, material: Material, property: string): RenderedContent {
  const { trustBundlePem, privateKeyPem: keyPem } = material;
  const present = { hasTrustBundle: (trustBundlePem ?? "") !== "", hasPrivateKey: keyPem !== undefined };
  assertAvailable(content, present, property);
  if (typeof content === "string") {
    const text = pemText(content, material);
    return { source: text, bytes: () => Promise.resolve(Buffer.from(text)) };
  }
  if ("text" in content) {
    const { text } = content;
    return { source: text, bytes: () => Promise.resolve(Buffer.from(text)) };
  }
  if (isTrustStore(content)) return renderTrustStore(content, trustBundlePem ?? "", property);
  const { password, ...spec } = content;
  if (password === undefined) throw unknownPassword(property);
  const { certificatePem, chainPem, privateKeyPem = "" } = material;
  const input = { privateKeyPem, certificatePem, chainPem, password };
  return {
    source: JSON.stringify([Object.entries(spec).sort(), certificatePem, chainPem, privateKeyPem, password]),
    bytes: () => createKeystore(spec, input),
  };
}

function renderTrustStore(
  { isProtected, password }: TrustStoreContent,
  rootsPem: string,
  property: string,
): RenderedContent {
  if (isProtected && password === undefined) throw unknownPassword(property);
  return {
    source: JSON.stringify([rootsPem, password ?? null]),
    bytes: () => createTrustStore(rootsPem, password),
  };
}

function unknownPassword(property: string): CertificatesError {
  return new CertificatesError("CredentialsMissing", `${property}.password is not known in this run.`, {
    hint: "Pass it in every run; it is not kept in the state. Is it among ignoreChanges, or does --target leave out where it comes from?",
  });
}

function pemText(content: PemContent, material: Material): string {
  const { certificatePem, chainPem, trustBundlePem = "", privateKeyPem = "" } = material;
  switch (content) {
    case "certificate":
      return joinPem(certificatePem);
    case "chain":
      return joinPem(chainPem);
    case "fullChain":
      return joinPem(certificatePem, chainPem);
    case "trustBundle":
      return joinPem(trustBundlePem);
    case "privateKey":
      return joinPem(privateKeyPem);
    case "combined":
      return combinedPem({ certificatePem, chainPem, privateKeyPem });
  }
}

/** Refuses a certificate whose private key is another one, or whose fingerprint is not the one that was announced. */
export function assertMaterial(material: Material): void {
  const certificate = new X509Certificate(material.certificatePem);
  const fingerprint = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  if (fingerprint !== material.fingerprintSha256) {
    throw new CertificatesError(
      "KeyMismatch",
      `The certificate has the fingerprint ${fingerprint}, not ${material.fingerprintSha256}.`,
    );
  }
  if (material.privateKeyPem === undefined) return;
  if (publicKeyMatches(certificate, parsePrivateKey(material.privateKeyPem, "certificate.privateKeyPem"))) return;
  throw new CertificatesError("KeyMismatch", `The private key is not the one of the certificate ${fingerprint}.`);
}
