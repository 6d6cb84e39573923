import { readFileSync } from "node:fs";
import { CertificatesError, invalidArgument, messageOf } from "../errors";
import { parsePrivateKey, privateKeyToPem } from "../keys/pem";
import { formatInstant } from "../duration";
import type { Renewal } from "../lifecycle/decide";
import { type Plan, dueMoment } from "../lifecycle/schedule";
import { type SubjectNames, nameKinds } from "../x509/names";
import { type CertificateFacts, parseCertificate, splitPem } from "../x509/parse";
import type { Credentials } from "./define";
import { type CertificateOutputs, outputsOfExisting } from "./issuance";
import type { CertificateRequest } from "./request";
import { hasUnknown } from "./unknown";

/** A running certificate to take over, as PEM text or as files. The private key's text is write-only. */
export interface AdoptInputs {
  readonly certificatePem?: string;
  readonly certificatePath?: string;
  readonly chainPem?: string;
  readonly trustBundlePem?: string;
  readonly privateKeyPath?: string;
}

export interface Adopted {
  readonly facts: CertificateFacts;
  readonly outputs: CertificateOutputs;
}

/** Reads what is to be taken over; undefined while it is not known yet. */
export function readAdopted(adopt: AdoptInputs, credentials: Credentials): Adopted | undefined {
  if (hasUnknown(adopt)) return undefined;
  const text = adopt.certificatePem ?? fileText(adopt.certificatePath, "adopt.certificatePath");
  if (text === undefined) {
    throw invalidArgument("adopt", "names no certificate.", "Give adopt.certificatePem or adopt.certificatePath.");
  }
  const [leaf = text, ...rest] = splitPem(text, "adopt.certificatePem");
  const facts = parseCertificate(leaf, "adopt.certificatePem");
  const keyText =
    (credentials.adopt as { privateKeyPem?: string } | undefined)?.privateKeyPem ??
    fileText(adopt.privateKeyPath, "adopt.privateKeyPath");
  const chainPem = adopt.chainPem ?? rest.join("");
  const privateKeyPem = keyText === undefined ? undefined : matchingKey(keyText, facts);
  return { facts, outputs: outputsOfExisting(facts, chainPem, adopt.trustBundlePem ?? "", privateKeyPem) };
}

function matchingKey(text: string, facts: CertificateFacts): string {
  const key = parsePrivateKey(text, "adopt.privateKeyPem");
  if (facts.certificate.checkPrivateKey(key)) return privateKeyToPem(key);
  throw new CertificatesError(
    "KeyMismatch",
    `adopt.privateKeyPem does not belong to the certificate "${facts.subject}".`,
    {
      hint: "Give the key of this certificate, or leave it out to adopt the certificate without its key.",
    },
  );
}

function fileText(path: string | undefined, property: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CertificatesError("InvalidArgument", `${property}: "${path}" cannot be read: ${messageOf(cause)}.`, {
      property,
      hint: "Give the path of a readable PEM file.",
      cause,
    });
  }
}

/** The schedule of a certificate that was taken over: it follows the certificate's own end. */
export function adoptedRenewal(adopted: Adopted | undefined, plan: Plan, issuer: string | undefined): Renewal {
  const dates = adopted && {
    from: formatInstant(adopted.facts.notBefore.getTime()),
    dueAt: formatInstant(dueMoment(plan, earliestEnd(adopted))),
  };
  return { epoch: 1, reason: "Adopted", ...dates, ...(issuer === undefined ? {} : { issuer }) };
}

function earliestEnd({ facts, outputs }: Adopted): number {
  const above = splitPem(outputs.chainPem + outputs.trustBundlePem).map((pem) =>
    parseCertificate(pem, "adopt.chainPem").notAfter.getTime(),
  );
  return Math.min(facts.notAfter.getTime(), ...above);
}

/** In what the adopted certificate is not what the arguments ask for; it becomes that with its next renewal. */
export function adoptedDifferences({ facts }: Adopted, request: CertificateRequest): string[] {
  const differences = nameKinds.flatMap((kind) => difference(kind, facts.names[kind], request.names[kind]));
  if (facts.keyAlgorithm !== request.algorithm)
    differences.push(`privateKey.algorithm: has ${facts.keyAlgorithm}, wants ${request.algorithm}`);
  const wanted = request.subject.commonName;
  if (wanted !== undefined && facts.subjectName.commonName !== wanted) {
    differences.push(`commonName: has ${facts.subjectName.commonName ?? "none"}, wants ${wanted}`);
  }
  return differences;
}

function difference(kind: keyof SubjectNames, has: readonly string[] = [], wants: readonly string[] = []): string[] {
  const same = has.length === wants.length && has.every((name) => wants.includes(name));
  return same ? [] : [`${kind}: has ${has.join(", ") || "none"}, wants ${wants.join(", ") || "none"}`];
}
