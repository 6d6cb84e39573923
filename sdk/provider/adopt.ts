import { readFileSync } from "node:fs";
import { CertificatesError, invalidArgument, messageOf } from "../errors";
import { parsePrivateKey, privateKeyToPem } from "../keys/pem";
import { formatInstant } from "../duration";
import type { Renewal } from "../lifecycle/decide";
import { dueMoment } from "../lifecycle/schedule";
import type { DistinguishedName } from "../x509/distinguishedName";
import { nameKinds } from "../x509/names";
import { type CertificateFacts, parseCertificate, parseCertificates, splitPem } from "../x509/parse";
import { pathEnd } from "../x509/pathEnd";
import type { Run } from "./clock";
import type { Credentials } from "./define";
import { type CertificateOutputs, outputsOfExisting } from "./issuance";
import {
  type RenewableDefaults,
  type RenewableInputs,
  changedFields,
  isPlanKnown,
  issuerOf,
  nextRenewal,
  planFor,
} from "./renewable";
import type { CertificateRequest } from "./request";
import { hasUnknown, unknown } from "./unknown";

/** A running certificate to take over, as PEM text or as files. The private key's text is write-only. */
export interface AdoptInputs {
  readonly certificatePem?: string;
  readonly certificatePath?: string;
  readonly chainPem?: string;
  readonly trustBundlePem?: string;
  readonly trustBundlePath?: string;
  readonly privateKeyPath?: string;
}

/** Inputs of what can begin with a certificate that is in use already. */
export interface AdoptableInputs extends RenewableInputs {
  readonly adopt?: AdoptInputs;
  /** In what an adopted certificate differs from the arguments, until its next renewal. */
  readonly adoption?: { differences: string[] };
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
  return { facts, outputs: outputsOfExisting(facts, chainPem, rootsOf(adopt), privateKeyPem) };
}

/** The roots, which are copied to wherever clients trust them: nothing but certificates. */
function rootsOf({ trustBundlePem, trustBundlePath }: AdoptInputs): string {
  if (trustBundlePem !== undefined) return splitPem(trustBundlePem, "adopt.trustBundlePem").join("");
  const roots = splitPem(fileText(trustBundlePath, "adopt.trustBundlePath") ?? "", "adopt.trustBundlePath");
  if (roots.length > 0 || trustBundlePath === undefined) return roots.join("");
  throw invalidArgument(
    "adopt.trustBundlePath",
    `"${trustBundlePath}" holds no certificate.`,
    "Give a PEM file with the roots.",
  );
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

export interface Adoption {
  /** What is adopted, and what the arguments ask for; read only where they are needed. */
  read(adopt: AdoptInputs): { adopted: Adopted | undefined; request: CertificateRequest | undefined };
  /** A change that counts although the adopted certificate is in use. */
  readonly isChange?: boolean;
}

/** The inputs with their schedule: of a certificate that is issued here, or begins by taking over another one. */
export function withRenewal<Inputs extends AdoptableInputs>(
  news: Inputs,
  olds: Inputs | undefined,
  run: Run,
  defaults: RenewableDefaults,
  adoption: Adoption,
): Inputs {
  const { adoption: _, ...inputs } = news as AdoptableInputs;
  const { adopt } = inputs;
  const isInUse = olds === undefined || olds.renewal.epoch === 1;
  if (adopt !== undefined && olds !== undefined && olds.adopt === undefined) {
    throw invalidArgument(
      "adopt",
      "this certificate exists already, and adoption is how one begins.",
      "Remove adopt, or give the resource a new name.",
    );
  }
  if (adopt === undefined || !isInUse) {
    return { ...inputs, renewal: nextRenewal(inputs, olds, run, defaults) } as Inputs;
  }
  const differences = (): string[] => {
    const { adopted, request } = adoption.read(adopt);
    return adopted === undefined || request === undefined ? [] : differencesBetween(adopted, request);
  };
  if (olds === undefined) {
    const renewal = adoptedRenewal(inputs, adoption.read(adopt).adopted, defaults);
    return { ...inputs, renewal, adoption: { differences: differences() } } as Inputs;
  }
  const renewal = nextRenewal(inputs, withIssuerOf(inputs, olds), run, defaults, adoption.isChange !== true);
  if (renewal.epoch > 1) return { ...inputs, renewal } as Inputs;
  const isSame = changedFields(inputs, olds, defaults).length === 0;
  return {
    ...inputs,
    renewal,
    adoption: (isSame ? olds.adoption : undefined) ?? { differences: differences() },
  } as Inputs;
}

/** The schedule of a certificate that was taken over: it follows that certificate's own end. */
function adoptedRenewal(inputs: AdoptableInputs, adopted: Adopted | undefined, defaults: RenewableDefaults): Renewal {
  const issuer = issuerOf(inputs);
  const isDated = adopted !== undefined && isPlanKnown(inputs);
  return {
    epoch: 1,
    reason: "Adopted",
    dueAt: isDated ? formatInstant(dueMoment(planFor(inputs, defaults), earliestEnd(adopted))) : unknown,
    ...(issuer === undefined ? {} : { issuer }),
  };
}

/** Whoever is to issue the next certificate is no difference to the adopted one. */
function withIssuerOf({ issuer, ...inputs }: AdoptableInputs, olds: AdoptableInputs): AdoptableInputs {
  const { issuer: _, renewal, ...rest } = olds;
  const { issuer: __, ...schedule } = renewal;
  const name = issuerOf({ ...inputs, ...(issuer && { issuer }) });
  return {
    ...rest,
    ...(issuer && { issuer }),
    renewal: { ...schedule, ...(name === undefined ? {} : { issuer: name }) },
  };
}

function earliestEnd({ facts, outputs }: Adopted): number {
  const above = parseCertificates(outputs.chainPem + outputs.trustBundlePem, "adopt.chainPem");
  return pathEnd(
    facts.certificate,
    above.map(({ certificate }) => certificate),
  );
}

/** In what the adopted certificate is not what the arguments ask for; it becomes that with its next renewal. */
function differencesBetween({ facts }: Adopted, request: CertificateRequest): string[] {
  const differences = nameKinds.flatMap((kind) => difference(kind, facts.names[kind], request.names[kind]));
  if (facts.keyAlgorithm !== request.algorithm)
    differences.push(`privateKey.algorithm: has ${facts.keyAlgorithm}, wants ${request.algorithm}`);
  for (const [attribute, wanted] of Object.entries(request.subject)) {
    const property = attribute === "commonName" ? attribute : `subject.${attribute}`;
    const has = facts.subjectName[attribute as keyof DistinguishedName];
    differences.push(...difference(property, [has ?? []].flat(), [wanted].flat()));
  }
  return differences;
}

function difference(kind: string, has: readonly string[] = [], wants: readonly string[] = []): string[] {
  const same = has.length === wants.length && has.every((name) => wants.includes(name));
  return same ? [] : [`${kind}: has ${has.join(", ") || "none"}, wants ${wants.join(", ") || "none"}`];
}
