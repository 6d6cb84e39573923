import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "../../../sdk";
import { dnsNamesOf } from "../../hosts";
import { refusal } from "../../refuse";
import { type AcmCertificateLike, arnIn, isLike } from "./certificateArn";
import { ImportedCertificate, type ImportedCertificateArgs } from "../importedCertificate";

/**
 * What a service of AWS is to serve: a `Certificate`, a member of a `CertificateSet` or PEM, which are imported into ACM;
 * a certificate that is in ACM already (`ImportedCertificate`, `AcmCertificate`, `aws.acm.Certificate`); or its ARN.
 */
export type CertificateForAws = CertificateToDeploy | AcmCertificateLike | pulumi.Input<string>;

/** A certificate on its way to a service. */
export interface AttachedCertificate {
  /** Its ARN in the region of the service. */
  readonly arn: pulumi.Output<string>;
  /** The certificate itself, where it did not come as an ARN. */
  readonly certificate: CertificateToDeploy | undefined;
  /** Its DNS names; empty where nothing is known of them. */
  readonly dnsNames: pulumi.Output<string[]>;
}

/** True for what has to be imported. */
export function isToImport(certificate: CertificateForAws): certificate is CertificateToDeploy {
  return typeof certificate === "object" && !pulumi.Output.isInstance(certificate) && "certificatePem" in certificate;
}

/** True for what comes into ACM from outside, as far as that can be told. */
export function isImported(certificate: CertificateForAws): boolean {
  return isToImport(certificate) || sourceOf(certificate) !== undefined;
}

/**
 * Imports what is not in ACM yet and gives the ARN in the region of the service.
 *
 * @param region where the service is; undefined for the region of the provider.
 */
export function attach(
  name: string,
  certificate: CertificateForAws,
  region: pulumi.Input<string> | undefined,
  imports: Omit<ImportedCertificateArgs, "certificate">,
  parent: pulumi.Resource,
  property: string,
): AttachedCertificate {
  const held = isToImport(certificate)
    ? new ImportedCertificate(name, { ...imports, certificate }, { parent })
    : certificate;
  const source = isToImport(certificate) ? certificate : sourceOf(certificate);
  return { arn: arnFor(held, region, property), certificate: source, dnsNames: namesOf(source ?? certificate) };
}

/** Refuses to verify what came as ARNs alone. */
export function refuseUnknown(attached: readonly AttachedCertificate[]): void {
  if (attached.some(({ certificate }) => certificate !== undefined)) return;
  throw refusal(
    "verify",
    "only the ARN of the certificate is given, which does not say what must be served.",
    "Give the certificate itself, or leave out verify.",
  );
}

function arnFor(
  held: AcmCertificateLike | pulumi.Input<string>,
  region: pulumi.Input<string> | undefined,
  property: string,
): pulumi.Output<string> {
  if (region === undefined) return pulumi.output(isLike(held) ? held.arn : held);
  if (typeof region === "string") return arnIn(held, region, property);
  return pulumi.output(region).apply((known) => arnIn(held, known, property));
}

function sourceOf(certificate: AcmCertificateLike | pulumi.Input<string>): CertificateToDeploy | undefined {
  if (!isLike(certificate)) return undefined;
  const { certificate: source } = certificate as { certificate?: CertificateToDeploy };
  return source !== undefined && !pulumi.Output.isInstance(source) && isToImport(source) ? source : undefined;
}

/** What certificates in ACM say of their names: components of this package, and `aws.acm.Certificate`. */
interface Named {
  readonly dnsNames?: pulumi.Output<string[]>;
  readonly subjectAlternativeNames?: pulumi.Output<string[]>;
}

function namesOf(certificate: CertificateForAws): pulumi.Output<string[]> {
  if (isToImport(certificate)) return dnsNamesOf(certificate);
  if (!isLike(certificate)) return pulumi.output([]);
  const { dnsNames, subjectAlternativeNames } = certificate as AcmCertificateLike & Named;
  // A unit test's mocks may leave them out.
  return pulumi.output(dnsNames ?? subjectAlternativeNames).apply((names) => names ?? []);
}
