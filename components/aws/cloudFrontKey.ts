import * as pulumi from "@pulumi/pulumi";
import { type CertificateToDeploy, type KeySpec, keySpecOf } from "../../sdk";
import { checked, refusal } from "../refuse";

/**
 * What CloudFront serves, and with it the edge-optimized domain names of API Gateway; ACM and load balancers take ECDSA
 * on P-384 and P-521, too. https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html
 */
const served: ReadonlySet<string> = new Set(["ECDSA-P256", "RSA-1024", "RSA-2048", "RSA-3072", "RSA-4096"]);

/** The key of a certificate, refused where CloudFront does not serve its kind. */
export function checkedCloudFrontKey(certificate: CertificateToDeploy | undefined): pulumi.Output<KeySpec | undefined> {
  if (certificate === undefined) return pulumi.output(undefined);
  return checked(keySpecOf(certificate), (spec) => {
    if (spec === undefined || served.has(spec.algorithm)) return;
    throw refusal(
      "certificate.privateKey.algorithm",
      `CloudFront does not serve certificates with a key of the kind ${spec.algorithm}.`,
      "Use ECDSA-P256, or RSA of 2048, 3072 or 4096 bits.",
    );
  });
}
