import type { KeyObject } from "node:crypto";
import { CertificatesError, invalidArgument } from "../errors";
import { type KeyAlgorithm, algorithmOf, isKeyAlgorithm, keyAlgorithms } from "../keys/algorithms";
import { parseCsr } from "../x509/csr";
import { type DistinguishedName, isEmptyName } from "../x509/distinguishedName";
import type { ExtendedKeyUsage, KeyUsage } from "../x509/extensions";
import { type NameConstraints, checkNameConstraints } from "../x509/nameConstraints";
import { type SubjectNames, isEmptyNames, nameKinds, normalizeNames } from "../x509/names";
import { hasUnknown } from "./unknown";

/** What a certificate is to say: the arguments whose change issues it again. */
export interface RequestInputs {
  readonly commonName?: string;
  readonly subject?: DistinguishedName;
  readonly dnsNames?: string[];
  readonly ipAddresses?: string[];
  readonly uris?: string[];
  readonly emailAddresses?: string[];
  readonly keyUsages?: KeyUsage[];
  readonly extendedKeyUsages?: ExtendedKeyUsage[];
  readonly duration?: string;
  readonly privateKey?: { algorithm?: string; rotationPolicy?: string };
  readonly csrPem?: string;
  readonly profile?: string;
  readonly preferredChain?: string;
}

/** Names of {@link RequestInputs}, in the order in which a preview should list what changed. */
export const requestFields = [
  "commonName",
  "subject",
  "dnsNames",
  "ipAddresses",
  "uris",
  "emailAddresses",
  "keyUsages",
  "extendedKeyUsages",
  "duration",
  "privateKey",
  "csrPem",
  "profile",
  "preferredChain",
] as const satisfies readonly (keyof RequestInputs)[];

export interface CertificateRequest {
  readonly subject: DistinguishedName;
  readonly names: SubjectNames;
  readonly algorithm: KeyAlgorithm;
  /** Of the CSR, if there is one. */
  readonly publicKey?: KeyObject;
}

/** What a certificate is for. */
const namedFields = [...nameKinds, "subject", "commonName", "csrPem"] as const;

/** Validates what is known of a request; undefined while parts of it are not known yet. */
export function parseRequest(inputs: RequestInputs, defaultAlgorithm: KeyAlgorithm): CertificateRequest | undefined {
  const algorithm = algorithmFrom(inputs.privateKey?.algorithm, defaultAlgorithm);
  assertRotationPolicy(inputs.privateKey?.rotationPolicy);
  if (namedFields.some((field) => hasUnknown(inputs[field]))) return undefined;
  const names = normalizeNames(inputs);
  const subject: DistinguishedName =
    inputs.commonName === undefined ? { ...inputs.subject } : { ...inputs.subject, commonName: inputs.commonName };
  const wanted = inputs.csrPem === undefined ? { subject, names } : requestFromCsr(inputs.csrPem, subject, names);
  if (isEmptyName(wanted.subject) && isEmptyNames(wanted.names)) {
    throw invalidArgument(
      "dnsNames",
      "the certificate would be empty: it has no name and no subject.",
      "Give dnsNames, ipAddresses, uris, emailAddresses or commonName.",
    );
  }
  return { algorithm, ...wanted };
}

function algorithmFrom(value: string | undefined, fallback: KeyAlgorithm): KeyAlgorithm {
  if (value === undefined || hasUnknown(value)) return fallback;
  if (isKeyAlgorithm(value)) return value;
  throw invalidArgument(
    "privateKey.algorithm",
    `"${value}" is no known key algorithm.`,
    `Use one of ${keyAlgorithms.join(", ")}.`,
  );
}

function assertRotationPolicy(value: string | undefined): void {
  if (value === undefined || value === "always" || value === "never" || hasUnknown(value)) return;
  throw invalidArgument(
    "privateKey.rotationPolicy",
    `${JSON.stringify(value)} is not known.`,
    'Use "always" or "never".',
  );
}

/** Names, subject and key of a CSR; those that the arguments give as well must be the same. */
function requestFromCsr(
  csrPem: string,
  subject: DistinguishedName,
  names: SubjectNames,
): Omit<CertificateRequest, "algorithm"> & { algorithm?: KeyAlgorithm } {
  const csr = parseCsr(csrPem, "csrPem");
  for (const field of nameKinds) {
    const wanted = names[field];
    if (wanted === undefined) continue;
    const present = csr.names[field] ?? [];
    const missing = wanted.filter((name) => !present.includes(name));
    const extra = present.filter((name) => !wanted.includes(name));
    if (missing.length + extra.length > 0) {
      throw invalidArgument(
        "csrPem",
        `its ${field} (${present.join(", ") || "none"}) are not those of the arguments (${wanted.join(", ")}).`,
        `Make the CSR for the same names, or leave ${field} out to take those of the CSR.`,
      );
    }
  }
  const algorithm = algorithmOf(csr.publicKey);
  return {
    subject: isEmptyName(subject) ? csr.subject : subject,
    names: csr.names,
    publicKey: csr.publicKey,
    ...(algorithm && { algorithm }),
  };
}

/** Refuses names that the issuing CA may not certify. */
export function assertWithinConstraints(names: SubjectNames, constraints: NameConstraints | undefined): void {
  const violation = constraints && checkNameConstraints(names, constraints);
  if (violation === undefined) return;
  throw new CertificatesError(
    "ConstraintViolation",
    `"${violation.name}" is outside the issuing CA's name constraints: ${violation.rule}.`,
    {
      hint: "Use a name inside them, or another CA (RFC 5280, 4.2.1.10).",
    },
  );
}
