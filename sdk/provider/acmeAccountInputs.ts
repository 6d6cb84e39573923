import { knownDirectory } from "../acme/knownDirectories";
import { invalidArgument } from "../errors";
import { algorithmOf } from "../keys/algorithms";
import type { KeyAlgorithm } from "../keys/algorithms";
import { parsePrivateKey } from "../keys/pem";
import { type RateLimitsArgument, limitsOf } from "../lifecycle/rateLimits";
import { parseSolvers } from "../solvers/select";
import { splitPem } from "../x509/parse";
import type { Credentials } from "./define";
import { hasUnknown, isUnknown } from "./unknown";

export interface AcmeAccountInputs {
  readonly name: string;
  /** A known name or a URL. */
  readonly directory: string;
  readonly contacts?: string[];
  readonly termsOfServiceAgreed?: boolean;
  /** The HMAC key is a credential. */
  readonly externalAccountBinding?: { readonly keyId: string };
  readonly keyAlgorithm?: string;
  readonly generation?: number;
  readonly caBundlePem?: string;
  readonly deactivateOnDelete?: boolean;
  readonly rateLimits?: RateLimitsArgument;
  readonly rateBudget?: { readonly share?: number };
  [name: string]: unknown;
}

/** What ACME servers take as account keys (RFC 8555, 6.2): ES256, ES384 and RS256. */
const accountKeyAlgorithms: readonly KeyAlgorithm[] = ["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"];

export function accountKeyAlgorithm({ keyAlgorithm }: AcmeAccountInputs): KeyAlgorithm {
  return (keyAlgorithm ?? "ECDSA-P256") as KeyAlgorithm;
}

export function directoryUrlOf({ directory }: Pick<AcmeAccountInputs, "directory">): string {
  return knownDirectory(directory)?.url ?? directory;
}

/** Contacts as URLs: `mailto:pki@example.com` (RFC 8555, 7.1.2). */
export function contactsOf({ contacts = [] }: AcmeAccountInputs): string[] {
  return contacts.map((contact) => (contact.includes(":") ? contact : `mailto:${contact}`));
}

/** Refuses arguments that no CA will take, or not this one. */
export function assertAccount(news: AcmeAccountInputs, credentials: Credentials, areCredentialsKnown: boolean): void {
  // The key that is given may have an account, for which no binding is needed any more.
  const isBindingKnown = areCredentialsKnown || credentials.externalAccountBinding !== undefined;
  assertDirectory(news, isBindingKnown && credentials.account === undefined);
  assertContacts(news.contacts);
  assertKey(news, credentials);
  if (
    news.caBundlePem !== undefined &&
    !isUnknown(news.caBundlePem) &&
    splitPem(news.caBundlePem, "caBundlePem").length === 0
  ) {
    throw invalidArgument("caBundlePem", "holds no certificate.", "Give the roots of the ACME server, PEM.");
  }
  const { generation } = news;
  if (generation !== undefined && !isUnknown(generation) && !(Number.isInteger(generation) && generation >= 1)) {
    throw invalidArgument(
      "generation",
      `${JSON.stringify(generation)} is no whole number from 1 on.`,
      "Use 1 or more.",
    );
  }
  const { directory, rateLimits, rateBudget } = news;
  if (!hasUnknown([rateLimits, rateBudget])) limitsOf(directory, rateLimits, rateBudget?.share);
  if (typeof credentials.solvers === "string") parseSolvers(JSON.parse(credentials.solvers), "solvers");
}

/** Refuses to take back the agreement to the terms of service, for which there is no request. */
export function assertAgreementStays(news: AcmeAccountInputs, olds: AcmeAccountInputs | undefined): void {
  if (news.termsOfServiceAgreed !== false || olds === undefined || olds.termsOfServiceAgreed === false) return;
  if (isUnknown(news.directory) || directoryUrlOf(news) !== directoryUrlOf(olds)) return;
  throw invalidArgument(
    "termsOfServiceAgreed",
    "is false now, and an agreement cannot be taken back (RFC 8555, 7.3.3).",
    "Leave it as it was. To end the account at the CA, set deactivateOnDelete and delete the resource.",
  );
}

function assertDirectory({ directory, externalAccountBinding }: AcmeAccountInputs, isBindingKnown: boolean): void {
  if (isUnknown(directory)) return;
  const known = knownDirectory(directory);
  if (known === undefined && !URL.canParse(directory)) {
    throw invalidArgument(
      "directory",
      `"${directory}" is neither a known name nor a URL.`,
      "Use a name such as letsencrypt, or the https URL of the CA's directory.",
    );
  }
  if (known === undefined && new URL(directory).protocol !== "https:") {
    throw invalidArgument(
      "directory",
      `"${directory}" is no https URL.`,
      "ACME is spoken over HTTPS only (RFC 8555, 6.1).",
    );
  }
  if (known?.externalAccountRequired === true && externalAccountBinding === undefined && isBindingKnown) {
    throw invalidArgument(
      "externalAccountBinding",
      `is missing, and ${directory} creates no account without it.`,
      "Create one in your account at the CA: externalAccountBinding: { keyId, hmacKey }.",
    );
  }
}

function assertContacts(contacts: readonly string[] = []): void {
  for (const [at, contact] of contacts.entries()) {
    if (isUnknown(contact) || /^(?:mailto:)?[^\s@:,]+@[^\s@,]+\.[^\s@.,]+$/.test(contact)) continue;
    throw invalidArgument(
      `contacts[${at}]`,
      `"${contact}" is no e-mail address.`,
      "Use one address each, such as pki@example.com.",
    );
  }
}

function assertKey({ keyAlgorithm }: AcmeAccountInputs, credentials: Credentials): void {
  const given = (credentials.account as { privateKeyPem?: string } | undefined)?.privateKeyPem;
  const algorithm =
    given === undefined || hasUnknown(given) ? keyAlgorithm : algorithmOf(parsePrivateKey(given, "privateKeyPem"));
  if (algorithm === undefined || isUnknown(algorithm) || accountKeyAlgorithms.includes(algorithm as KeyAlgorithm))
    return;
  const property = algorithm === keyAlgorithm ? "keyAlgorithm" : "privateKeyPem";
  throw invalidArgument(
    property,
    `${algorithm} is no algorithm of an account key.`,
    `Use one of ${accountKeyAlgorithms.join(", ")}.`,
  );
}
