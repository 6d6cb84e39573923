import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { type CertificateAndKeyArgs, certificateAndKey, pick, sharedNames } from "./certificateAndKey";
import type { CommandArgs } from "./commands";
import type { CertificateDescription } from "./describedCertificate";
import { onFiles } from "./onFiles";
import { assertOpensslLoads } from "./opensslKey";

/** Arguments of `postgresql`. */
export interface PostgresqlArgs extends CertificateAndKeyArgs {
  /**
   * Who owns the files: the user that the server runs as, since it reads no other user's key but root's. `user` or
   * `user:group`, by name or number. Changing it deploys again.
   * @default "postgres"
   */
  readonly owner?: Input<string>;
  /**
   * A command that must succeed once the names lead to the new files and before the server is told. If it fails, the
   * old files come back. Changing it takes effect with the next deployment.
   * @default no such check: PostgreSQL has none of its own
   */
  readonly check?: CommandArgs;
  /**
   * The command that makes the server read the files again. `pg_ctl` does not run as root: from there it is
   * `["/usr/sbin/runuser", "-u", "postgres", "--", "/usr/lib/postgresql/17/bin/pg_ctl", "reload", "-D", "/srv/data"]`.
   * psql with `SELECT pg_reload_conf()` does the same. It runs only when the files changed. Changing it takes effect
   * with the next deployment.
   * @default systemctl reload postgresql
   */
  readonly reload?: CommandArgs;
}

/** A `postgresql` target in a program. */
export type PostgresqlTarget = PostgresqlArgs & { readonly kind: "postgresql" };

/**
 * The certificate of a PostgreSQL server (`ssl = on`), which reads it again without a restart: sessions stay as they
 * are, new ones get the new certificate. A server that cannot load the new files keeps the old ones and says so only in
 * its log, so give `endpoints` with `protocol: "postgresql"`: what is served is the only proof.
 */
export function postgresql(args: PostgresqlArgs): PostgresqlTarget {
  return { ...args, kind: "postgresql" };
}

export const postgresqlTarget = onFiles<PostgresqlTarget>({
  kind: "postgresql",
  factory: postgresql,
  known: ["certificatePath", "keyPath", ...sharedNames, "check", "reload"],
  describe(given, property) {
    const { owner = "postgres", keyMode = "0600", reload = ["/usr/bin/systemctl", "reload", "postgresql"] } = given;
    assertReadable(owner, keyMode, `${property}.keyMode`);
    const others = pick(given, ["check", "takeOver", "onDelete"]);
    return { ...certificateAndKey(given, property), ...others, owner, keyMode, reload };
  },
  acceptDescribed: (_spec, certificate) => assertUsable(certificate),
});

/** The server does not load a key that a group can read, unless root owns it. */
function assertReadable(owner: unknown, keyMode: unknown, property: string): void {
  const byRoot = typeof owner === "string" && /^(root|0)(:|$)/.test(owner);
  if (byRoot || typeof keyMode !== "string" || !/^0?[0-7]{3}$/.test(keyMode) || /00$/.test(keyMode)) return;
  const problem = `PostgreSQL does not load a key with the mode ${keyMode} of a user that is not root.`;
  throw invalidArgument(property, problem, 'Use "0600", or "0640" with the owner "root:postgres".');
}

/** Refuses what the server would leave aside without a word, or what would lock its users out. */
function assertUsable(certificate: CertificateDescription): void {
  assertOpensslLoads(certificate);
  const { signedWith } = certificate;
  if (signedWith !== "Ed25519" && signedWith !== "Ed448") return;
  throw invalidArgument(
    "certificate",
    "it is signed with Ed25519 or Ed448, whose signatures name no hash: clients of PostgreSQL that log in with a password (SCRAM with channel binding, RFC 5929, 4.1) fail.",
    "Let a CA with an ECDSA or RSA key sign it.",
  );
}
