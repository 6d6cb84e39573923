import * as pulumi from "@pulumi/pulumi";
import { checked, refusal } from "../../refuse";

/** A certificate in AWS Certificate Manager: an `ImportedCertificate`, an `AcmCertificate`, or an `aws.acm.Certificate`. */
export interface AcmCertificateLike {
  /** Its ARN; of one in several regions that of the first. */
  readonly arn: pulumi.Output<string>;
  /** Region → ARN. @default the certificate is in the region of `arn` alone */
  readonly arns?: pulumi.Output<Readonly<Record<string, string>>>;
  /** Its ARN in one region, known although those of other regions are not yet. @default as `arn` and `arns` say */
  arnIn?(region: string, property?: string): pulumi.Output<string>;
}

/** What the ARN of a certificate in ACM says. */
export interface CertificateArn {
  /** `aws`, `aws-cn`, `aws-us-gov` or another partition. */
  readonly partition: string;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  readonly id: string;
}

const form = /^arn:(aws[a-z-]*):acm:([a-z]{2}[a-z0-9-]*-\d+):(\d{12}):certificate\/([\w-]+)$/;

/** Undefined where the text is not the ARN of a certificate in ACM, such as that of a server certificate in IAM. */
export function parseCertificateArn(arn: string): CertificateArn | undefined {
  const [, partition, region, account, id] = form.exec(arn) ?? [];
  if (partition === undefined || region === undefined || account === undefined || id === undefined) return undefined;
  return { partition, region, account, id };
}

/**
 * The ARN of a certificate in the region of what it is attached to. A certificate that is known not to be there is
 * refused, in the preview where its ARN is known.
 */
export function arnIn(
  certificate: AcmCertificateLike | pulumi.Input<string>,
  region: string,
  property = "certificate",
): pulumi.Output<string> {
  if (!isLike(certificate)) return checked(certificate, (arn) => checkRegion(arn, region, property));
  if (certificate.arnIn !== undefined) return certificate.arnIn(region, property);
  const { arn, arns } = certificate;
  const found = arns === undefined ? arn : pulumi.all([arn, arns]).apply(([first, all]) => all[region] ?? first);
  return checked(found, (known) => checkRegion(known, region, property));
}

/** Told by its `arn`, since it may come from another copy of the package. */
export function isLike(certificate: AcmCertificateLike | pulumi.Input<string>): certificate is AcmCertificateLike {
  return typeof certificate === "object" && !pulumi.Output.isInstance(certificate) && "arn" in certificate;
}

function checkRegion(arn: string, region: string, property: string): void {
  const found = parseCertificateArn(arn)?.region;
  if (found === undefined || found === region) return;
  throw refusal(
    property,
    `The certificate ${arn} is in ${found}, and ${region} needs one of its own.`,
    `Name "${region}" among the \`regions\` of the certificate.`,
  );
}
