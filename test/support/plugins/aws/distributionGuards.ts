import type { AwsCloud } from "./awsCloud";
import { AwsError } from "./awsError";
import { findCertificate } from "./certificateLookup";
import type { Guard } from "./guards";
import type { AwsRequest } from "./wire";
import { listOf } from "./xml";

/** ACM User Guide, "Prerequisites for importing ACM certificates": the kinds of keys that CloudFront serves. */
const served = /^(RSA_\d+|EC_prime256v1)$/;

/**
 * CloudFront API Reference, CreateDistribution and UpdateDistribution, and Developer Guide, "Requirements for using SSL/TLS
 * certificates with CloudFront". Whether the issuer is one that the public trusts is not looked at.
 */
export const distributionGuards: Readonly<Record<string, Guard>> = {
  "cloudfront:CreateDistributionWithTags": checked,
  "cloudfront:UpdateDistribution": checked,
  "cloudfront:DeleteDistribution": async (request, cloud) => {
    const found = await cloud.askMoto("cloudfront", "us-east-1", "GetDistribution", { Id: request.input["Id"] });
    if (found.DistributionConfig.Enabled === "true")
      throw refused(
        request,
        "DistributionNotDisabled",
        "The distribution you are trying to delete has not been disabled.",
        409,
      );
    return cloud.askMoto(request.service, request.region, request.action, request.input);
  },
};

async function checked(request: AwsRequest, cloud: AwsCloud): Promise<any> {
  const { ViewerCertificate = {}, Aliases } = request.input["DistributionConfig"];
  const arn: string | undefined = ViewerCertificate.ACMCertificateArn;
  const aliases = listOf(Aliases?.Items?.CNAME) as string[];
  if (arn !== undefined) {
    const found = await findCertificate(arn, "us-east-1", cloud);
    if (found?.status !== "ISSUED" || !served.test(found.keyAlgorithm ?? ""))
      throw refused(
        request,
        "InvalidViewerCertificate",
        "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
      );
    if (!aliases.every((alias) => found.covers(alias)))
      throw refused(
        request,
        "InvalidViewerCertificate",
        "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add. " +
          "For more details, see: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements",
      );
  } else if (aliases.length > 0 && ViewerCertificate.IAMCertificateId === undefined)
    throw refused(
      request,
      "InvalidViewerCertificate",
      "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.",
    );
  return cloud.askMoto(request.service, request.region, request.action, request.input);
}

function refused({ service, action }: AwsRequest, code: string, reason: string, status = 400): AwsError {
  return new AwsError(service, action, code, reason, status);
}
