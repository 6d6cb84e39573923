import { requireCredential } from "./credential";
import { optionalPackage } from "./optionalPackage";

/** How requests to AWS are signed. */
export interface AwsSettings {
  readonly region: string;
  /** Undefined: the default chain of the SDK (environment, profile, web identity, instance). */
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly sessionToken: string | undefined;
  readonly roleArn: string | undefined;
  readonly externalId: string | undefined;
  readonly stsEndpoint: string | undefined;
}

interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What an SDK client takes as its credentials; a function is asked again before they expire. */
export async function awsCredentials(
  settings: AwsSettings,
): Promise<AwsCredentials | (() => Promise<AwsCredentials>) | undefined> {
  const { accessKeyId, sessionToken, roleArn } = settings;
  const own =
    accessKeyId === undefined
      ? undefined
      : {
          accessKeyId,
          secretAccessKey: requireCredential(settings.secretAccessKey, "route53", "secretAccessKey"),
          ...(sessionToken !== undefined && { sessionToken }),
        };
  return roleArn === undefined ? own : await assumedRole(settings, roleArn, own);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
async function assumedRole(
  { region, stsEndpoint, externalId }: AwsSettings,
  RoleArn: string,
  credentials: AwsCredentials | undefined,
): Promise<() => Promise<AwsCredentials>> {
  const load = () => import("@aws-sdk/client-sts");
  const { STSClient, AssumeRoleCommand } = await optionalPackage(
    "@aws-sdk/client-sts",
    "The route53 solver with roleArn",
    load,
  );
  const sts = new STSClient({
    region,
    ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
    ...(credentials !== undefined && { credentials }),
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000 },
  });
  return async () => {
    const given = { RoleArn, RoleSessionName: "pulumi-certificates", ...(externalId && { ExternalId: externalId }) };
    const { Credentials } = await sts.send(new AssumeRoleCommand(given));
    return {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      ...(Credentials?.SessionToken !== undefined && { sessionToken: Credentials.SessionToken }),
      ...(Credentials?.Expiration !== undefined && { expiration: Credentials.Expiration }),
    };
  };
}

const refusals = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "NotAuthorizedException",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "UnrecognizedClientException",
]);

export function isRefusal(error: unknown): boolean {
  return refusals.has((error as { name?: string }).name ?? "");
}

/** Still, after all attempts of the SDK: throttling, an error of the server, or no connection. */
export function isThrottled(error: unknown): boolean {
  const {
    name = "",
    $metadata,
    $retryable,
  } = error as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
    $retryable?: unknown;
  };
  const status = $metadata?.httpStatusCode;
  return (
    /^(Throttling|PriorRequestNotComplete|RequestLimitExceeded|TooManyRequests)/.test(name) ||
    $retryable !== undefined ||
    status === undefined ||
    status >= 500
  );
}

/** The code and the texts of an SDK error; nothing else of it, since it holds the whole exchange. */
export function explainAws(error: unknown): string {
  const {
    name = "Error",
    message = "",
    messages = [],
  } = error as {
    name?: string;
    message?: string;
    messages?: readonly string[];
  };
  const texts = [...new Set([message, ...messages])].filter((text) => text !== "" && text !== "UnknownError");
  return `${name}: ${texts.join(" ")}`;
}
