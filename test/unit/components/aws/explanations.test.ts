import type * as pulumi from "@pulumi/pulumi";
import {
  importExplanations,
  recordExplanations,
  requestExplanations,
  secretExplanations,
} from "../../../../components/aws/explanations";
import type { Explanation } from "../../../../components/explain";

/** The fix of the first explanation that fits, as the error hook gives it. */
function fixOf(explanations: readonly Explanation[], message: string): string | undefined {
  for (const { when, fix } of explanations) {
    const match = when.exec(message);
    if (match !== null) return typeof fix === "string" ? fix : fix(match, {} as pulumi.ErrorHookArgs);
  }
  return undefined;
}

const failed = (operation: string, error: string) =>
  `1 error occurred:\n\t* operation error ${operation}, https response error StatusCode: 400, RequestID: 7f-1, ${error}\n\n`;
const user = "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform:";

/** What AWS says, in the words of its documentation and of public reports. */
test.each<[string, readonly Explanation[], string, string]>([
  [
    "a right that is missing",
    importExplanations,
    failed(
      "ACM: ImportCertificate",
      `api error AccessDeniedException: ${user} acm:ImportCertificate on resource: arn:aws:acm:eu-west-1:123456789012:certificate/* because no identity-based policy allows the acm:ImportCertificate action`,
    ),
    "Allow the action acm:ImportCertificate on arn:aws:acm:eu-west-1:123456789012:certificate/* in an IAM policy of the identity that runs Pulumi.",
  ],
  [
    "a right that the organization holds back",
    importExplanations,
    failed(
      "ACM: ImportCertificate",
      `api error AccessDeniedException: ${user} acm:ImportCertificate on resource: arn:aws:acm:us-east-1:123456789012:certificate/* with an explicit deny in a service control policy`,
    ),
    "The action acm:ImportCertificate on arn:aws:acm:us-east-1:123456789012:certificate/* is held back by a service control policy of the organization:",
  ],
  [
    "a right that a boundary holds back",
    secretExplanations,
    failed(
      "Secrets Manager: PutSecretValue",
      `api error AccessDeniedException: ${user} secretsmanager:PutSecretValue on resource: web because no permissions boundary allows the secretsmanager:PutSecretValue action`,
    ),
    "is held back by a permissions boundary:",
  ],
  [
    "a full quota",
    importExplanations,
    failed("ACM: ImportCertificate", "LimitExceededException: You have exceeded your quota for imported certificates"),
    "as its quota allows",
  ],
  [
    "a certificate in use",
    importExplanations,
    failed(
      "ACM: DeleteCertificate",
      "ResourceInUseException: Certificate arn:aws:acm:eu-west-1:123456789012:certificate/a in account 123456789012 is in use.",
    ),
    "lists it under InUseBy",
  ],
  [
    "another kind of key",
    importExplanations,
    failed(
      "ACM: ImportCertificate",
      "api error ValidationException: The key type and size cannot be changed when reimporting a certificate.",
    ),
    "pulumi up --target-replace",
  ],
  [
    "fewer usages",
    importExplanations,
    failed(
      "ACM: ImportCertificate",
      "api error ValidationException: Extended Key Usage values of the originally imported certificate cannot be removed.",
    ),
    "pulumi up --target-replace",
  ],
  [
    "a chain that does not belong",
    importExplanations,
    failed(
      "ACM: ImportCertificate",
      "api error ValidationException: Could not validate the certificate with the certificate chain.",
    ),
    "`chainPem` must lead from the certificate to its root",
  ],
  [
    "something else of the certificate",
    importExplanations,
    failed("ACM: ImportCertificate", "api error ValidationException: The private key is not supported."),
    "ACM takes PEM certificates that are in force",
  ],
  [
    "a validation that does not end",
    requestExplanations,
    "waiting for ACM Certificate (arn) to be issued: timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)",
    "Check that the zone is public",
  ],
  [
    "a CAA record",
    requestExplanations,
    "ACM Certificate (arn): unexpected state 'FAILED', CAA_ERROR",
    "Allow amazon.com",
  ],
  [
    "a record that is there",
    recordExplanations,
    failed(
      "Route 53: ChangeResourceRecordSets",
      "InvalidChangeBatch: [Tried to create resource record set [name='_a.example.com.', type='CNAME'] but it already exists]",
    ),
    "`allowOverwrite: true`",
  ],
  [
    "a zone that there is not",
    recordExplanations,
    failed("Route 53: GetHostedZone", "NoSuchHostedZone: No hosted zone found with ID: Z1"),
    "There is no such hosted zone in this account.",
  ],
  [
    "the name of a secret that was deleted",
    secretExplanations,
    failed(
      "Secrets Manager: CreateSecret",
      "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.",
    ),
    "aws secretsmanager restore-secret",
  ],
  [
    "the name of another secret",
    secretExplanations,
    failed(
      "Secrets Manager: CreateSecret",
      "ResourceExistsException: The operation failed because the secret web/tls already exists.",
    ),
    "Choose another `secretName`",
  ],
  [
    "credentials that have expired",
    secretExplanations,
    failed(
      "Secrets Manager: GetSecretValue",
      "api error ExpiredTokenException: The security token included in the request is expired",
    ),
    "Sign in again",
  ],
  [
    "a region that is not enabled",
    importExplanations,
    failed(
      "ACM: ImportCertificate",
      "api error UnrecognizedClientException: The security token included in the request is invalid.",
    ),
    "that the region is enabled",
  ],
])("%s is followed by its fix", (_, explanations, message, fix) => {
  expect(fixOf(explanations, message)).toContain(fix);
});

test("what nobody has explained is left as it is", () => {
  expect(fixOf(importExplanations, "dial tcp: connection refused")).toBeUndefined();
});
