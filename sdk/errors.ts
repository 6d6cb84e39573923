/** The stable codes of every error this package throws. A code never changes its meaning. */
export type ErrorCode =
  /** An argument that can never work, or a setting of the stack. */
  | "InvalidArgument"
  /** A secret that is needed now did not reach the resource. */
  | "CredentialsMissing"
  /** The certificate could not be made. */
  | "IssuanceFailed"
  /** A private key and a certificate do not belong together. */
  | "KeyMismatch"
  /** A name that the issuing CA may not certify. */
  | "ConstraintViolation"
  /** The issuing CA, or one above it, has expired. */
  | "IssuerExpiring"
  /** A text or file from outside cannot be read as what it should be, or asks for more than it may. */
  | "MalformedInput"
  /** The target's own check does not accept what is to be deployed. */
  | "TargetRefused"
  /** Something failed while files were written, switched or reloaded. */
  | "DeploymentFailed"
  /** Endpoints serve something else than the certificate. */
  | "VerificationFailed"
  /** A file that another program, deployment or user manages stands in the place. */
  | "ForeignFile"
  /** `PULUMI_CERTIFICATES_NOW` is set in a run that is no preview. */
  | "TimeTravelRefused"
  /** The Pulumi engine ended while the work was under way; nothing more was changed. */
  | "EngineGone"
  /** The state was written by a newer release of this package. */
  | "StateUnsupported"
  /** A `CertificateSet` would be too large for one resource. */
  | "SetTooLarge"
  /** Endpoints, or a target at an address of its own, could not be asked, so it is not known what they serve. */
  | "Unreachable"
  /** A mistake in this package. */
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
  /** What kind of failure it is. */
  readonly code: ErrorCode;
  /** What to change so that it works; it stands at the end of the message too. */
  readonly hint: string | undefined;
  /** The argument at fault, as a path. */
  readonly property: string | undefined;
  /** Whether the same call may succeed later without a change of the program. */
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

/** Errors about a value say where it stands: `place` comes before the property that they name. */
export function within<Result>(place: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!CertificatesError.is(error)) throw error;
    throw new CertificatesError(error.code, `${place}.${error.message}`, { cause: error });
  }
}
