import type { Input } from "@pulumi/pulumi";
import { type CertificateAndKeyArgs, certificateAndKey, parseFilePath, pick, sharedNames } from "./certificateAndKey";
import type { CommandArgs } from "./commands";
import { onFiles } from "./onFiles";
import { assertOpensslLoads } from "./opensslKey";

/** Arguments of `apache`. */
export interface ApacheArgs extends CertificateAndKeyArgs {
  /**
   * The absolute path of `apachectl`, or of the server itself (`apache2`, `httpd`) where a `configuration` is given.
   * Changing it takes effect with the next deployment.
   * @default "/usr/sbin/apachectl"
   */
  readonly program?: Input<string>;
  /**
   * The absolute path of the configuration that the running server was started with (`-f`). Changing it takes effect
   * with the next deployment.
   * @default the one that `apachectl` uses, such as /etc/apache2/apache2.conf
   */
  readonly configuration?: Input<string>;
  /**
   * A command that must accept the configuration once the paths lead to the new files and before the server is told. If
   * it fails, the old files come back. Changing it takes effect with the next deployment.
   * @default `apachectl configtest`; with a `configuration`, `apachectl -f … -t`
   */
  readonly check?: CommandArgs;
  /**
   * The command that makes the server read the files again. It runs only when they changed. If it fails, the old files
   * come back and it runs once more. Changing it takes effect with the next deployment.
   * @default `apachectl graceful`; with a `configuration`, `apachectl -f … -k graceful`; a server that is not running is
   * started
   */
  readonly reload?: CommandArgs;
}

/** An `apache` target in a program. */
export type ApacheTarget = ApacheArgs & { readonly kind: "apache" };

/**
 * The certificate and the key of a virtual host of the Apache HTTP Server 2.4.8 or later (`SSLCertificateFile`,
 * `SSLCertificateKeyFile`), as two files that change by one rename. The whole configuration must pass its check before
 * the server is told to restart gracefully (SIGUSR1), which ends no request. That matters: a graceful restart with a
 * configuration that does not load ends the server.
 */
export function apache(args: ApacheArgs): ApacheTarget {
  return { ...args, kind: "apache" };
}

export const apacheTarget = onFiles<ApacheTarget>({
  kind: "apache",
  factory: apache,
  known: ["certificatePath", "keyPath", ...sharedNames, "program", "configuration", "check", "reload"],
  acceptDescribed: (_spec, certificate) => assertOpensslLoads(certificate),
  describe(given, property) {
    const { program = "/usr/sbin/apachectl", configuration } = given;
    const path = parseFilePath(program, `${property}.program`, "/usr/sbin/apachectl");
    const commands = commandsOf(path, configuration, `${property}.configuration`);
    const { check = commands.check, reload = commands.reload } = given;
    return { ...certificateAndKey(given, property), ...pick(given, sharedNames), check, reload };
  },
});

/** With arguments of its own, `apachectl` passes everything on to the server. */
function commandsOf(program: string, configuration: unknown, property: string): { check: string[]; reload: string[] } {
  if (configuration === undefined) return { check: [program, "configtest"], reload: [program, "graceful"] };
  const path = parseFilePath(configuration, property, "/etc/apache2/apache2.conf");
  return { check: [program, "-f", path, "-t"], reload: [program, "-f", path, "-k", "graceful"] };
}
