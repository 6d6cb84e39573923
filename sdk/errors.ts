/** The stable codes of every error this package throws. A code never changes its meaning. */
export type ErrorCode =
  | "InvalidArgument"
  | "CredentialsMissing"
  | "IssuanceFailed"
  | "KeyMismatch"
  | "ConstraintViolation"
  | "IssuerExpiring"
  | "MalformedInput"
  | "TargetRefused"
  | "DeploymentFailed"
  | "VerificationFailed"
  | "ForeignFile"
  | "TimeTravelRefused"
  | "EngineGone"
  | "StateUnsupported"
  | "SetTooLarge"
  | "Unreachable"
  | "Internal";

export interface ErrorDetails {
  /** What to change so that it works. */
  hint?: string;
  /** The argument at fault, as a path: `members["web"].dnsNames[0]`. Never a secret one. */
  property?: string;
  /** Whether the same call may succeed later without a change of the program. */
  retryable?: boolean;
  cause?: unknown;
}

const brand = Symbol.for("pulumi-certificates.error");

/**
 * The one error type of the package. Its message says what failed, the value, what was expected and the fix;
 * it never holds key material, a token or a password.
 */
export class CertificatesError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly property: string | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(details.hint === undefined ? message : `${message} ${details.hint}`, { cause: details.cause });
    this.name = "CertificatesError";
    this.code = code;
    this.hint = details.hint;
    this.property = details.property;
    this.retryable = details.retryable ?? false;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for an error of this package, whichever copy of it was loaded. */
  static is(value: unknown): value is CertificatesError {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** An argument that cannot be right: names the property, the value and what was expected. */
export function invalidArgument(property: string, problem: string, fix: string): CertificatesError {
  return new CertificatesError("InvalidArgument", `${property}: ${problem}`, { property, hint: fix });
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
