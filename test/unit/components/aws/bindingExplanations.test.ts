import {
  bundleExplanations,
  domainNameExplanations,
  listenerExplanations,
} from "../../../../components/aws/bindingExplanations";
import { fixOf } from "../../../../components/explain";

/** As the provider passes on what a service says. */
const said = (service: string, operation: string, error: string) =>
  `1 error occurred:\n\t* creating: operation error ${service}: ${operation}, https response error StatusCode: 400, RequestID: 0, ${error}\n\n`;
const elb = (error: string) => said("Elastic Load Balancing v2", "AddListenerCertificates", error);
const gateway = (error: string) => said("API Gateway", "CreateDomainName", error);
const s3 = (error: string) => said("S3", "PutObject", error);
const arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";

test.each([
  ["ListenerNotFound: One or more listeners not found", /describe-listeners/],
  ["LoadBalancerNotFound: One or more load balancers not found", /check `loadBalancerArn`/],
  ["DuplicateListener: A listener already exists on this port for this load balancer", /as `listenerArn`/],
  [
    "TooManyCertificates: The maximum number of certificates has been reached",
    /Service Quotas, Elastic Load Balancing/,
  ],
  [`CertificateNotFound: Certificate '${arn}' not found`, /in the region of the load balancer/],
  [`api error ValidationError: Certificate ARN '${arn}' is not valid`, /in the region of the load balancer/],
  ["OperationNotPermitted: Certificates cannot be added to HTTP listeners", /HTTPS nor TLS/],
  ["UnsupportedCertificate: The certificate must have a supported key size", /ECDSA-P256/],
  ["SSLPolicyNotFound: SSL policy not found", /describe-ssl-policies/],
  ["TrustStoreNotFound: The trust store was not found", /`mutualAuthentication`/],
  ["api error Throttling: Rate exceeded", /--parallel/],
])("of a listener: %s", (error, fix) => expect(fixOf(listenerExplanations, elb(error))).toMatch(fix));

test.each([
  ["BadRequestException: The domain name you provided already exists.", /in use already/],
  ["BadRequestException: ownershipVerificationCertificateArn is required", /`ownershipCertificate`/],
  ["BadRequestException: Unable to read the truststore s3://trust/api.pem", /s3:GetObjectVersion/],
  ["BadRequestException: The provided certificate does not exist.", /us-east-1 for `edge`/],
  [
    "api error AccessDeniedException: not authorized to perform: apigateway:POST on resource: *",
    /Allow the action apigateway:POST on \*/,
  ],
])("of a domain name: %s", (error, fix) => expect(fixOf(domainNameExplanations, gateway(error))).toMatch(fix));

test.each([
  ["NoSuchBucket: The specified bucket does not exist", /check `clientTrust\.bucket`/],
  ["api error PermanentRedirect: The bucket must be addressed using another endpoint", /in another region/],
])("of a trust bundle: %s", (error, fix) => expect(fixOf(bundleExplanations, s3(error))).toMatch(fix));

test("what is not known is left to speak for itself", () =>
  expect(fixOf(listenerExplanations, elb("InternalFailure: try again"))).toBeUndefined());
