import { randomUUID } from "node:crypto";

/** The names of services in the messages of AWS's SDK for Go, in which the provider is written. */
const serviceIds: Readonly<Record<string, string>> = {
  acm: "ACM",
  apigateway: "API Gateway",
  apigatewayv2: "ApiGatewayV2",
  cloudfront: "CloudFront",
  ec2: "EC2",
  elasticloadbalancing: "Elastic Load Balancing v2",
  iam: "IAM",
  route53: "Route 53",
  s3: "S3",
  secretsmanager: "Secrets Manager",
  sts: "STS",
};

/** Errors that no operation declares; the SDK calls them API errors. */
const undeclared =
  /^(Validation(Exception|Error)|AccessDenied(Exception)?|Throttling(Exception)?|ExpiredToken(Exception)?|UnrecognizedClientException|InvalidClientTokenId|UnauthorizedOperation|AuthFailure)$/;

/** What a service answers in place of a result. */
export class AwsError extends Error {
  constructor(
    readonly service: string,
    readonly action: string,
    /** The error's code: `ResourceInUseException`. */
    readonly code: string,
    readonly reason: string,
    readonly status = 400,
  ) {
    super(
      `operation error ${serviceIds[service] ?? service}: ${action}, https response error StatusCode: ${status}, ` +
        `RequestID: ${randomUUID()}, ${undeclared.test(code) ? "api error " : ""}${code}: ${reason}`,
    );
  }
}

export function isAwsError(error: unknown, ...codes: string[]): error is AwsError {
  return error instanceof AwsError && (codes.length === 0 || codes.includes(error.code));
}

/** The code and message with which a request is refused; an error where it is not. */
export async function refusalOf(request: Promise<unknown>): Promise<string> {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AwsError) return `${error.code}: ${error.reason}`;
  throw new Error(`It was not refused: ${String(error)}`);
}
