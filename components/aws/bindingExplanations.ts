import { explanationsOf } from "./explanations";

/** Of `aws.lb.Listener` and `aws.lb.ListenerCertificate`: the errors of the Elastic Load Balancing API reference. */
export const listenerExplanations = explanationsOf([
  {
    when: /ListenerNotFound|couldn't find resource|empty result/,
    fix:
      "There is no such listener in this account and region. `aws elbv2 describe-listeners --load-balancer-arn …` lists those that there are; " +
      "give the ARN of one of them as `listenerArn`, or `loadBalancerArn` for a listener of its own.",
  },
  {
    when: /LoadBalancerNotFound/,
    fix: "There is no such load balancer in this account and region: check `loadBalancerArn`.",
  },
  {
    when: /TargetGroupNotFound/,
    fix: "`defaultActions` name a target group that is not in this account and region.",
  },
  {
    when: /DuplicateListener/,
    fix:
      "The load balancer has a listener on this port already. Give its ARN as `listenerArn` to add certificates to it, " +
      "choose another `port`, or take it over with `pulumi import`.",
  },
  {
    when: /TooManyCertificates/,
    fix:
      "The load balancer has as many certificates as the quota of the account allows, those of its other listeners among them. " +
      "Put several names into one certificate, or ask for more under Service Quotas, Elastic Load Balancing.",
  },
  {
    when: /CertificateNotFound|Certificate ARN '\S+' is not valid/,
    fix: "The certificate is not in ACM in the region of the load balancer, or not issued yet.",
  },
  {
    when: /UnsupportedCertificate/,
    fix: "The listener does not take this kind of key, or the certificate is not in force: use ECDSA-P256 or RSA-2048.",
  },
  {
    when: /OperationNotPermitted[^]*Certificates cannot be added/,
    fix: "The listener speaks neither HTTPS nor TLS, so it has no certificates. Give the ARN of one that does.",
  },
  {
    when: /SSLPolicyNotFound/,
    fix: "This security policy is not offered in the region of the load balancer: `aws elbv2 describe-ssl-policies` lists those that are.",
  },
  {
    when: /ALPNPolicyNotSupported/,
    fix: "The ALPN policy is not one of HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred and None.",
  },
  {
    when: /TrustStoreNot(?:Found|Ready)/,
    fix: "The trust store of `mutualAuthentication` is not there or not active yet: make it in the region of the load balancer, and let the listener depend on it.",
  },
]);

/** Of `aws.apigateway.DomainName` and `aws.apigatewayv2.DomainName`. */
export const domainNameExplanations = explanationsOf([
  {
    when: /domain name you provided already exists|ConflictException/,
    fix:
      "The domain name is in use already, in this account or in another one. " +
      "Delete it there, or take it over with `pulumi import` if it is in this account.",
  },
  {
    when: /ownership ?verification/i,
    fix:
      "API Gateway wants a certificate that ACM issued publicly as proof that the domain is yours: " +
      "give an `AcmCertificate` for the same name as `ownershipCertificate`.",
  },
  {
    when: /trust ?store/i,
    fix:
      "API Gateway cannot use the bundle in S3: it must be PEM certificates, at most 1,000, complete up to their roots, signed with SHA-256 or stronger, " +
      "in a bucket of this region that it may read (s3:GetObject, s3:GetObjectVersion of the identity that runs Pulumi).",
  },
  {
    when: /BadRequestException[^]*certificate/i,
    fix: "The certificate must be in ACM in the region of the domain name (us-east-1 for `edge`), in force, publicly trusted and for this name.",
  },
]);

/** Of `aws.s3.BucketObjectv2`. */
export const bundleExplanations = explanationsOf([
  { when: /NoSuchBucket/, fix: "There is no such bucket in this account and region: check `clientTrust.bucket`." },
  {
    when: /PermanentRedirect|AuthorizationHeaderMalformed/,
    fix: "The bucket is in another region. API Gateway reads trust bundles only from a bucket in the region of the domain name.",
  },
]);
