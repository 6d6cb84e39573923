import { CertificatesError } from "../errors";

/** The form of the outputs that this release writes. */
export const stateVersion = 1;

type State = Record<string, unknown>;

/** `migrations[n]` brings outputs of version n to version n + 1. */
const migrations: readonly ((state: State) => State)[] = [];

/** Brings outputs that any earlier release recorded to today's form. */
export function migrateState<Outs>(state: State): Outs {
  // Partial outputs of a creation that failed may lack the version: they are of this form or hold nothing but inputs.
  const version = typeof state.stateVersion === "number" ? state.stateVersion : stateVersion;
  if (version > stateVersion) {
    throw new CertificatesError(
      "StateUnsupported",
      `The state was written in form ${version} by a newer release; this one knows ${stateVersion}.`,
      {
        hint: "Update the package pulumi-certificates.",
      },
    );
  }
  return migrations.slice(version - 1).reduce((current, migrate) => migrate(current), state) as Outs;
}
