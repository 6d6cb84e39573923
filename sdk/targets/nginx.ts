import type { Input } from "@pulumi/pulumi";
import { type CertificateAndKeyArgs, certificateAndKey, parseFilePath, pick, sharedNames } from "./certificateAndKey";
import type { CommandArgs } from "./commands";
import { onFiles } from "./onFiles";
import { assertOpensslLoads } from "./opensslKey";

/** Arguments of `nginx`. */
export interface NginxArgs extends CertificateAndKeyArgs {
  /**
   * The absolute path of nginx itself. Changing it takes effect with the next deployment.
   * @default "/usr/sbin/nginx"
   */
  readonly program?: Input<string>;
  /**
   * The absolute path of the configuration that the running nginx was started with (`-c`). Changing it takes effect with
   * the next deployment.
   * @default the one that nginx was built with, such as /etc/nginx/nginx.conf
   */
  readonly configuration?: Input<string>;
  /**
   * A command that must accept the configuration once the paths lead to the new files and before nginx is told. If it
   * fails, the old files come back. Changing it takes effect with the next deployment.
   * @default `nginx -t`, with `-c` if there is a `configuration`
   */
  readonly check?: CommandArgs;
  /**
   * The command that makes nginx read the files again. It runs only when they changed. If it fails, the old files come
   * back and it runs once more. Changing it takes effect with the next deployment.
   * @default `nginx -s reload`, with `-c` if there is a `configuration`; it fails where nginx is not running:
   * `["/usr/bin/systemctl", "reload-or-restart", "nginx"]` starts it
   */
  readonly reload?: CommandArgs;
}

/** An `nginx` target in a program. */
export type NginxTarget = NginxArgs & { readonly kind: "nginx" };

/**
 * The certificate and the key of an nginx `server` (`ssl_certificate`, `ssl_certificate_key`), as two files that change
 * by one rename. `nginx -t` must accept the whole configuration before nginx is told to reload, which ends no
 * connection. A reload returns before the new certificate is served, and nginx keeps the old one if it fails then: give
 * the deployment `endpoints`, so that it is seen.
 */
export function nginx(args: NginxArgs): NginxTarget {
  return { ...args, kind: "nginx" };
}

export const nginxTarget = onFiles<NginxTarget>({
  kind: "nginx",
  factory: nginx,
  known: ["certificatePath", "keyPath", ...sharedNames, "program", "configuration", "check", "reload"],
  acceptDescribed: (_spec, certificate) => assertOpensslLoads(certificate),
  describe(given, property) {
    const { program = "/usr/sbin/nginx", configuration } = given;
    const path = parseFilePath(program, `${property}.program`, "/usr/sbin/nginx");
    const command = [path, ...configurationOption(configuration, `${property}.configuration`)];
    const { check = [...command, "-t"], reload = [...command, "-s", "reload"] } = given;
    return { ...certificateAndKey(given, property), ...pick(given, sharedNames), check, reload };
  },
});

function configurationOption(value: unknown, property: string): string[] {
  return value === undefined ? [] : ["-c", parseFilePath(value, property, "/etc/nginx/nginx.conf")];
}
