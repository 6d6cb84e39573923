import { CertificatesError, invalidArgument } from "../../errors";

/** A credential as it was described: visible ASCII characters, or missing, as in a preview. Never shown. */
export function parseCredential(value: unknown, property: string, what: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^[!-~]+$/.test(value)) return value;
  throw invalidArgument(
    property,
    typeof value === "string" ? "is empty, or has a blank, a line end or a character outside ASCII." : "is no text.",
    `Give ${what} as a secret, as in config.requireSecret("…").`,
  );
}

/** The credential itself, at the time it is needed. */
export function requireCredential(value: string | undefined, solver: string, name: string): string {
  if (value !== undefined) return value;
  throw new CertificatesError("CredentialsMissing", `The ${solver} solver has no ${name}.`, {
    hint: `Set it on the solver, from a secret of the stack's configuration.`,
  });
}
