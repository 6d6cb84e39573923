import { X509Certificate } from "node:crypto";
import { statusOf } from "./acmGuards";
import type { AwsCloud } from "./awsCloud";
import { AwsError } from "./awsError";
import { keyAlgorithm } from "./importRules";
import { pemOf } from "./withoutCommonName";

/** A certificate in ACM, as the services that serve it look at it. */
export interface FoundCertificate {
  readonly arn: string;
  /** `ISSUED`, `PENDING_VALIDATION`. */
  readonly status: string;
  /** `IMPORTED`, `AMAZON_ISSUED`. */
  readonly type: string;
  /** `EC_prime256v1`, `RSA_2048`; undefined for what ACM does not take. */
  readonly keyAlgorithm: string | undefined;
  readonly hasChain: boolean;
  covers(name: string): boolean;
}

/** The service and region of an ARN of a certificate, in ACM or IAM. */
export function placeOf(arn: string): { service: string; region: string } | undefined {
  const [, service, region] = /^arn:aws[a-z-]*:(acm|iam):([a-z0-9-]*):\d{12}:(?:server-)?certificate\//.exec(arn) ?? [];
  return service === undefined ? undefined : { service, region: region ?? "" };
}

/** Undefined where it is not in this region. */
export async function findCertificate(
  arn: string,
  region: string,
  cloud: AwsCloud,
): Promise<FoundCertificate | undefined> {
  if (placeOf(arn)?.region !== region) return undefined;
  try {
    const { Certificate } = await cloud.askMoto("acm", region, "DescribeCertificate", { CertificateArn: arn });
    const certificate = new X509Certificate(await pemOf(arn, region, cloud));
    return {
      arn,
      status: await statusOf(Certificate, cloud),
      type: Certificate.Type,
      keyAlgorithm: keyAlgorithm(certificate.publicKey),
      hasChain: certificate.issuer !== certificate.subject,
      covers: (name) => certificate.checkHost(name) !== undefined || namesWildcard(certificate, name),
    };
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

/** `*.example.com` as a name of its own. */
function namesWildcard({ subjectAltName = "" }: X509Certificate, name: string): boolean {
  return name.startsWith("*.") && subjectAltName.split(", ").includes(`DNS:${name}`);
}
