import type { Explanation } from "../explain";

/**
 * What AWS says when it refuses, as the provider passes it on: `operation error ACM: ImportCertificate, https response
 * error StatusCode: 400, RequestID: …, LimitExceededException: …`, with `api error ` before the name of an error that
 * the operation does not declare. The names and meanings are those of the services' API references.
 */

const holders: Readonly<Record<string, string>> = {
  "service control policy": "a service control policy of the organization",
  "permissions boundary": "a permissions boundary",
  "explicit deny": "a policy that denies it",
};

function missingRight(action: string, resource: string, holder: string | undefined): string {
  if (holder === undefined)
    return `Allow the action ${action} on ${resource} in an IAM policy of the identity that runs Pulumi.`;
  return (
    `The action ${action} on ${resource} is held back by ${holders[holder]}: allow it there; a policy of the identity ` +
    "that runs Pulumi does not help."
  );
}

/** Refusals that any service gives; they stand after those of the service itself. */
const ofAnyService: readonly Explanation[] = [
  {
    when: /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?(?:[^]*?(service control policy|permissions boundary)|[^]*?(explicit deny))?/,
    fix: ([, action = "", resource = "the resource", limit, denial]) => missingRight(action, resource, limit ?? denial),
  },
  {
    when: /AccessDenied(?:Exception)?\b|UnauthorizedOperation/,
    fix: "Allow the actions that the documentation lists for this component (docs/aws.md) in an IAM policy of the identity that runs Pulumi.",
  },
  {
    when: /ExpiredToken(?:Exception)?\b|security token included in the request is expired/,
    fix: "The credentials of this run have expired. Sign in again, then run `pulumi up` again.",
  },
  {
    when: /UnrecognizedClientException|InvalidClientTokenId|AuthFailure/,
    fix: "Check the credentials of this run and that the region is enabled for the account: regions that were opened after 2019 have to be opted into.",
  },
  {
    when: /ThrottlingException|Throttling\b|TooManyRequestsException|Rate exceeded/,
    fix: "AWS limits how often it may be asked. Run `pulumi up` again, with a lower `--parallel` if that goes on.",
  },
];

const withAny = (own: readonly Explanation[]): readonly Explanation[] => [...own, ...ofAnyService];

/** Of a certificate that is to be deleted. */
const stillInUse: Explanation = {
  when: /ResourceInUseException/,
  fix:
    "Something still uses this certificate, which this program does not know of: `aws acm describe-certificate` lists it under InUseBy. " +
    "Attach the new certificate there; the next `pulumi up` deletes this one.",
};

/** Of `aws.acm.Certificate` that is imported. */
export const importExplanations = withAny([
  stillInUse,
  {
    when: /LimitExceededException/,
    fix:
      "The account has as many certificates in this region, or imports of the last year, as its quota allows. Delete those that are not in use, " +
      "or ask for more under Service Quotas, AWS Certificate Manager.",
  },
  {
    when: /TooManyTagsException/,
    fix: "A certificate in ACM takes 50 tags, those of `owner` and of the provider's defaultTags among them. Remove some.",
  },
  {
    when: /ValidationException[^]*(?:key (?:type|size|algorithm|usage)|Key Usage)/i,
    fix:
      "ACM keeps an ARN only for a certificate with the same kind and size of key and no fewer usages. " +
      "`pulumi up --target-replace <URN>` imports it as a new certificate, which is attached before this one is deleted.",
  },
  {
    when: /ValidationException[^]*chain/i,
    fix: "`chainPem` must lead from the certificate to its root, each certificate signed by the one after it, with neither the certificate nor anything unrelated in it.",
  },
  {
    when: /ValidationException|InvalidParameterException/,
    fix: "ACM takes PEM certificates that are in force, with their own private key, unencrypted: RSA up to 4096 bits or ECDSA on P-256, P-384 or P-521.",
  },
  {
    when: /ResourceNotFoundException/,
    fix: "The certificate was deleted outside of Pulumi. `pulumi refresh` takes note of that; the next `pulumi up` imports it again.",
  },
]);

/** Of `aws.acm.Certificate` that ACM issues, and of its validation. */
export const requestExplanations = withAny([
  stillInUse,
  {
    when: /LimitExceededException/,
    fix:
      "A certificate has 10 names, and an account a number of certificates and of requests a year, unless their quotas were raised: " +
      "see Service Quotas, AWS Certificate Manager.",
  },
  {
    when: /CAA_ERROR|\bCAA\b/,
    fix: "A CAA record of the domain keeps Amazon from issuing. Allow amazon.com, amazontrust.com, awstrust.com or amazonaws.com there (RFC 8659).",
  },
  {
    when: /VALIDATION_TIMED_OUT|timeout while waiting|PENDING_VALIDATION/,
    fix:
      "The validation records are written, but ACM does not find them. Check that the zone is public and that the domain is delegated " +
      "to its name servers (`dig NS`), then run `pulumi up` again: it goes on waiting.",
  },
  {
    when: /DOMAIN_NOT_ALLOWED|ADDITIONAL_VERIFICATION_REQUIRED|INVALID_PUBLIC_DOMAIN/,
    fix: "ACM issues for public names only, and for names that it holds to be at risk only after AWS Support was asked. Use a CertificateAuthority for internal names.",
  },
  {
    when: /InvalidDomainValidationOptionsException|ValidationException/,
    fix: "Use fully qualified public names, `*` only as the whole first label.",
  },
]);

/** Of `aws.route53.Record`. */
export const recordExplanations = withAny([
  {
    when: /NoSuchHostedZone/,
    fix: "There is no such hosted zone in this account. Its ID begins with Z; `aws route53 list-hosted-zones` shows those that there are.",
  },
  {
    when: /not permitted in zone|RRSet with DNS name/,
    fix: "The name does not belong to this zone. Give the zone of that domain in `zones`.",
  },
  {
    when: /but it already exists|already exists/,
    fix: "Another program manages this record. Records of ACM are the same for every certificate of a name in an account: `allowOverwrite: true` shares it.",
  },
]);

/** Of `aws.secretsmanager.Secret` and its versions. */
export const secretExplanations = withAny([
  {
    when: /scheduled for deletion/,
    fix:
      "A secret of this name is within its recovery window. `aws secretsmanager restore-secret`, then `pulumi import`, brings it back; " +
      "`delete-secret --force-delete-without-recovery` ends it; or choose another `secretName`.",
  },
  {
    when: /ResourceExistsException/,
    fix: "A secret of this name exists already. Choose another `secretName`, or take it over with `pulumi import`.",
  },
  {
    when: /EncryptionFailure|DecryptionFailure|KMS/,
    fix: "The KMS key is not usable: it must be enabled, in the region of the secret, and allow kms:GenerateDataKey and kms:Decrypt to the identity that runs Pulumi.",
  },
  {
    when: /MalformedPolicyDocument|PublicPolicyException/,
    fix: "The resource policy is not one that Secrets Manager accepts; `aws secretsmanager validate-resource-policy` says why.",
  },
  {
    when: /LimitExceededException/,
    fix: "The account has as many secrets in this region, or this one as many versions of the last day, as its quota allows.",
  },
  {
    when: /ResourceNotFoundException/,
    fix: "The secret was deleted outside of Pulumi. `pulumi refresh` takes note of that; the next `pulumi up` makes it again.",
  },
]);

/** For the components of load balancers, distributions and gateways, which add what their services say. */
export const explanationsOf = withAny;
