import * as pulumi from "@pulumi/pulumi";
import type { OwnerArgs } from "../owner";
import { refuseUncovered } from "../hosts";
import { checked, refusal } from "../refuse";
import { type CertificateForAws, attach } from "./acm/attachedCertificate";
import { parseCertificateArn } from "./acm/certificateArn";
import { checkedCloudFrontKey } from "./cloudFrontKey";
import type { ImportedCertificateArgs } from "./importedCertificate";
import type { TagsArgs } from "./tags";

/** Arguments of a {@link CloudFrontTls}. */
export interface CloudFrontTlsArgs {
  /**
   * What viewers get. A `Certificate`, a member of a set and PEM are imported in us-east-1; one that is in ACM must be
   * there, among others. Another one **updates in place**.
   */
  certificate: CertificateForAws;
  /** The names that the distribution is to answer to, all covered by the certificate. Changing them **updates in place**. @default none */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * `sni-only`, or `vip` for viewers without SNI: IP addresses of the distribution's own, for which AWS bills a monthly
   * sum. Changing it **updates in place**. @default `sni-only`
   */
  sslSupportMethod?: "sni-only" | "vip";
  /**
   * The security policy: the oldest TLS version and the ciphers that viewers may use, such as `TLSv1.3_2025`. Changing it
   * **updates in place**. @default `TLSv1.2_2021`; `TLSv1` for `vip`, for which AWS enables others on request
   */
  minimumProtocolVersion?: pulumi.Input<string>;
  /** Tags of the imported certificate. Changing them **updates in place**. @default none */
  tags?: TagsArgs;
  /** Who it belongs to: tags `owner:…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** A last word on the children. @default none */
  transform?: {
    /** The certificate that is imported. */
    certificate?: NonNullable<ImportedCertificateArgs["transform"]>["certificate"];
  };
}

/** The `viewerCertificate` of an `aws.cloudfront.Distribution`. */
export interface ViewerCertificate {
  /** The certificate in us-east-1. */
  readonly acmCertificateArn: pulumi.Output<string>;
  /** How viewers reach it. */
  readonly sslSupportMethod: "sni-only" | "vip";
  /** The security policy. */
  readonly minimumProtocolVersion: pulumi.Output<string>;
}

/** The one region whose certificates CloudFront takes, whatever the region of the rest. */
export const cloudFrontRegion = "us-east-1";

/**
 * The certificate of a CloudFront distribution, which stays yours: it takes `viewerCertificate` and `aliases` from here.
 *
 * A rotation imports the certificate anew under the same ARN, which CloudFront spreads by itself: the distribution shows
 * no difference. A certificate that ACM wants to be a new one changes the distribution before the old one is deleted.
 * What CloudFront would refuse ends the preview: another region, names that the certificate does not cover, kinds of keys
 * that it does not serve. Deleting it deletes what it imported.
 *
 * @example
 * const site = new Certificate("site", { issuer: selfSigned(), dnsNames: ["www.example.com"] });
 * const tls = new CloudFrontTls("site", { certificate: site, aliases: ["www.example.com"] });
 * new aws.cloudfront.Distribution("site", {
 *   enabled: true,
 *   aliases: tls.aliases,
 *   viewerCertificate: tls.viewerCertificate,
 *   origins: [{ originId: "site", domainName: "site.s3.amazonaws.com" }],
 *   defaultCacheBehavior: {
 *     targetOriginId: "site",
 *     viewerProtocolPolicy: "redirect-to-https",
 *     allowedMethods: ["GET", "HEAD"],
 *     cachedMethods: ["GET", "HEAD"],
 *     cachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6",
 *   },
 *   restrictions: { geoRestriction: { restrictionType: "none" } },
 * });
 */
export class CloudFrontTls extends pulumi.ComponentResource {
  /** For the distribution's `viewerCertificate`. */
  readonly viewerCertificate: ViewerCertificate;
  /** For the distribution's `aliases`. */
  readonly aliases: pulumi.Output<string[]>;
  /** The certificate in us-east-1. */
  readonly certificateArn: pulumi.Output<string>;

  constructor(name: string, args: CloudFrontTlsArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:aws:CloudFrontTls", name, {}, options);
    const { sslSupportMethod = "sni-only", minimumProtocolVersion, tags, owner, transform } = args;
    const imports = {
      region: cloudFrontRegion,
      ...(tags && { tags }),
      ...(owner && { owner }),
      ...(transform?.certificate && { transform: { certificate: transform.certificate } }),
    };
    const certificate = refusingChina(args.certificate);
    const attached = attach(`${name}-certificate`, certificate, cloudFrontRegion, imports, this, "certificate");
    if (sslSupportMethod === "vip")
      void pulumi.log.warn(
        `${name}: sslSupportMethod "vip" gives the distribution IP addresses of its own, for which AWS bills a fixed sum each month; ` +
          `"sni-only" costs nothing and serves every client since about 2010.`,
        this,
      );

    const policy = minimumProtocolVersion ?? (sslSupportMethod === "vip" ? "TLSv1" : "TLSv1.2_2021");
    this.certificateArn = attached.arn;
    this.viewerCertificate = {
      acmCertificateArn: attached.arn,
      sslSupportMethod,
      minimumProtocolVersion: checked(policy, (known) => checkPolicy(known, sslSupportMethod)),
    };
    this.aliases = pulumi.output(args.aliases ?? []);
    this.registerOutputs({
      viewerCertificate: this.viewerCertificate,
      // Beside the aliases, so that these are known in previews that do not know the names of the certificate.
      covered: checked(pulumi.all([this.aliases, attached.dnsNames]), checkAliases),
      served: checkedCloudFrontKey(attached.certificate),
    });
  }
}

function checkAliases([aliases, dnsNames]: [string[], string[]]): void {
  aliases.forEach((alias, index) => refuseUncovered(`aliases[${index}]`, alias, dnsNames));
}

function checkPolicy(policy: string, sslSupportMethod: string): void {
  if (policy !== "SSLv3" || sslSupportMethod === "vip") return;
  throw refusal("minimumProtocolVersion", "SSLv3 has no SNI.", "Use TLSv1.2_2021 or later.");
}

/** CloudFront in China is another service, with certificates from IAM. */
function refusingChina(certificate: CertificateForAws): CertificateForAws {
  if (typeof certificate === "string") checkPartition(certificate);
  return pulumi.Output.isInstance(certificate) ? checked(certificate, checkPartition) : certificate;
}

function checkPartition(arn: string): void {
  if (parseCertificateArn(arn)?.partition !== "aws-cn") return;
  throw refusal(
    "certificate",
    `${arn} is in a China region, where CloudFront takes no certificates from ACM.`,
    "Upload it with aws.iam.ServerCertificate, and give its id as iamCertificateId of the distribution's viewerCertificate.",
  );
}
