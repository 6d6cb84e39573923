import type { AwsCloud } from "./awsCloud";
import { AwsError } from "./awsError";
import { findCertificate } from "./certificateLookup";
import type { Guard } from "./guards";
import type { AwsRequest } from "./wire";

/** A custom domain name of API Gateway, of REST and of HTTP APIs alike. */
export interface DomainName {
  readonly arn: string;
  readonly domainName: string;
  readonly region: string;
  readonly endpointType: "EDGE" | "REGIONAL";
  readonly certificateArn: string;
  readonly ownershipVerificationCertificateArn?: string;
  readonly securityPolicy: string;
  readonly mutualTls?: { readonly truststoreUri: string; readonly truststoreVersion?: string };
  readonly tags: Readonly<Record<string, string>>;
  /** What DNS points to. */
  readonly target: string;
}

/** All of every region. */
export function domainNamesOf(cloud: AwsCloud): DomainName[] {
  return [...allOf(cloud).values()];
}

/**
 * The domain names of API Gateway, which moto cannot change (it knows no UpdateDomainName): API Gateway REST API Reference
 * and API Gateway Version 2 API Reference, CreateDomainName, GetDomainName, UpdateDomainName, DeleteDomainName, and the
 * Developer Guide, "Custom domain name for public REST APIs", "Configuring mutual TLS authentication".
 * Requests of both are in one form here.
 */
export const domainNameGuards: Readonly<Record<string, Guard>> = Object.fromEntries(
  ["apigateway", "apigatewayv2"].flatMap((service): [string, Guard][] => [
    [`${service}:CreateDomainName`, create],
    [`${service}:GetDomainName`, (request, cloud) => Promise.resolve(found(request, cloud))],
    [`${service}:UpdateDomainName`, update],
    [`${service}:DeleteDomainName`, remove],
  ]),
);

async function create(request: AwsRequest, cloud: AwsCloud): Promise<DomainName> {
  const { domainName, endpointType } = request.input;
  if (allOf(cloud).has(keyOf(request))) throw refused(request, "The domain name you provided already exists.");
  const zone = endpointType === "EDGE" ? "cloudfront.net" : `execute-api.${request.region}.amazonaws.com`;
  const target = `d-${Buffer.from(String(domainName)).toString("hex").slice(0, 10)}.${zone}`;
  const arn = `arn:aws:apigateway:${request.region}::/domainnames/${domainName}`;
  return put(request, { arn, target, region: request.region, ...request.input } as unknown as DomainName, cloud);
}

async function update(request: AwsRequest, cloud: AwsCloud): Promise<DomainName> {
  const { arn, target, region } = found(request, cloud);
  return put(request, { arn, target, region, ...request.input } as unknown as DomainName, cloud);
}

async function remove(request: AwsRequest, cloud: AwsCloud): Promise<object> {
  found(request, cloud);
  allOf(cloud).delete(keyOf(request));
  return {};
}

async function put(request: AwsRequest, domain: DomainName, cloud: AwsCloud): Promise<DomainName> {
  await checkCertificate(request, domain, cloud);
  if (domain.mutualTls !== undefined) await checkMutualTls(request, domain, cloud);
  allOf(cloud).set(keyOf(request), domain);
  return domain;
}

async function checkCertificate(request: AwsRequest, domain: DomainName, cloud: AwsCloud): Promise<void> {
  const { certificateArn, domainName, endpointType } = domain;
  const isEdge = endpointType === "EDGE";
  if (isEdge && request.service === "apigatewayv2") throw refused(request, "Invalid value for endpointType: EDGE");
  if (!certificateArn) throw refused(request, `A certificate was not provided for the endpoint type ${endpointType}.`);
  if (isEdge && !certificateArn.startsWith("arn:aws:acm:us-east-1:"))
    throw refused(request, `Invalid certificate ARN: ${certificateArn}. Certificate must be in 'us-east-1'.`);
  const certificate = await findCertificate(certificateArn, isEdge ? "us-east-1" : request.region, cloud);
  // The answer to a certificate of another region, too.
  if (certificate === undefined)
    throw refused(request, "The certificate provided must be owned by the account creating the domain.");
  if (certificate.status !== "ISSUED" || (isEdge && !/^(RSA_\d+|EC_prime256v1)$/.test(certificate.keyAlgorithm ?? "")))
    throw refused(request, `The certificate ${certificateArn} is not valid: it must be issued, with a supported key.`);
  if (!certificate.covers(domainName))
    throw refused(request, "The domain name to be created is not covered by the provided certificate.");
}

/** Mutual TLS asks for proof of ownership where the certificate was imported, and reads its bundle from S3. */
async function checkMutualTls(request: AwsRequest, domain: DomainName, cloud: AwsCloud): Promise<void> {
  const { certificateArn, ownershipVerificationCertificateArn: proof, mutualTls, endpointType } = domain;
  if (endpointType === "EDGE") throw refused(request, "Mutual TLS is not supported for edge-optimized domain names.");
  const served = await findCertificate(certificateArn, request.region, cloud);
  const owned = proof === undefined ? served : await findCertificate(proof, request.region, cloud);
  if (owned?.type !== "AMAZON_ISSUED" || owned.status !== "ISSUED" || !owned.covers(domain.domainName))
    throw refused(
      request,
      "An ACM-issued public certificate must be provided as ownershipVerificationCertificateArn for mutual TLS with an imported certificate.",
    );
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(mutualTls?.truststoreUri ?? "") ?? [];
  try {
    await cloud.askMoto("s3", request.region, "GetObject", {
      Bucket: bucket,
      Key: key,
      VersionId: mutualTls?.truststoreVersion,
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw refused(request, `Unable to read the truststore ${mutualTls?.truststoreUri}: ${error.reason}`);
  }
}

function allOf(cloud: AwsCloud): Map<string, DomainName> {
  if (!cloud.memory.has("domain names")) cloud.memory.set("domain names", new Map());
  return cloud.memory.get("domain names") as Map<string, DomainName>;
}

const keyOf = ({ region, input }: AwsRequest): string => `${region}/${input["domainName"]}`;

function found(request: AwsRequest, cloud: AwsCloud): DomainName {
  const domain = allOf(cloud).get(keyOf(request));
  if (domain !== undefined) return domain;
  throw new AwsError(
    request.service,
    request.action,
    "NotFoundException",
    "Invalid domain name identifier specified",
    404,
  );
}

function refused({ service, action }: AwsRequest, reason: string): AwsError {
  return new AwsError(service, action, "BadRequestException", reason);
}
