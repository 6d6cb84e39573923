import { join } from "node:path";
import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { type CertificateAndKeyArgs, pick, sharedNames } from "./certificateAndKey";
import { assertRunnable, type CommandArgs } from "./commands";
import { type AdminAddress, EnvoyAdmin, Unreachable } from "./envoy/admin";
import { EnvoyRotation, UnknownSecret, type WantedSecret } from "./envoy/rotation";
import { secretFiles } from "./envoy/secret";
import { type EnvoySpec, parseSecretNames, withSecrets } from "./envoy/spec";
import { onFiles } from "./onFiles";
import { announceNames } from "./revisions/announce";
import { look } from "./revisions/inspect";
import { openStore, revisionDirectory } from "./revisions/layout";
import { type Revision, type TargetContext, defineTarget } from "./target";

/** Arguments of `envoy`. */
export interface EnvoyArgs extends Omit<CertificateAndKeyArgs, "certificatePath" | "keyPath"> {
  /**
   * The absolute path of the directory that holds the files, and that Envoy watches; it is made, with the mode 0755, if
   * it is missing. Envoy must find it at this path, also in a container. Changing it deploys to the new place, then
   * ends the deployment in the old one as `onDelete` says.
   */
  readonly directory: Input<string>;
  /**
   * The name of the secret in Envoy's configuration, and of its files: `web.json`, which the configuration names
   * (`path_config_source`), `web.pem` and `web.key`. Letters, digits and `. _ -`. Changing it deploys again.
   */
  readonly secretName: Input<string>;
  /**
   * The name of a second secret, with the roots of the certificate: a `validation_context`, by which Envoy verifies its
   * clients or its upstreams. Its files are `<name>.json` and `<name>.pem`. Changing it deploys again.
   * @default no such secret
   */
  readonly trustBundleName?: Input<string>;
  /**
   * Envoy's admin interface, as the host reaches it: `127.0.0.1:9901`, or the absolute path of its Unix socket. It is
   * asked whether Envoy knows the secret, and then whether it uses what was deployed. Changing it takes effect with the
   * next deployment.
   * @default nothing is asked: give the deployment `endpoints`
   */
  readonly admin?: Input<string>;
  /**
   * The absolute path of curl, which asks the admin interface on the host. Changing it takes effect with the next
   * deployment.
   * @default "/usr/bin/curl"
   */
  readonly curl?: Input<string>;
  /**
   * A command that must accept the configuration once the files are in place, such as
   * `["/usr/bin/envoy", "--mode", "validate", "-c", "/etc/envoy/envoy.yaml"]`. If it fails, the old files come back.
   * Changing it takes effect with the next deployment.
   * @default no such check
   */
  readonly check?: CommandArgs;
  /**
   * The command for an Envoy that does not run yet or does not have the secret yet, such as
   * `["/usr/bin/systemctl", "restart", "envoy"]`: Envoy does not start before the files are there. All else happens
   * without a command. Needs `admin`. Changing it takes effect with the next deployment.
   * @default none: with `admin` the first deployment fails if Envoy does not run, with the files in their place
   */
  readonly reload?: CommandArgs;
}

/** An `envoy` target in a program. */
export type EnvoyTarget = EnvoyArgs & { readonly kind: "envoy" };

/**
 * A certificate that a running Envoy takes up from files by its secret discovery service (SDS), without a command, a
 * restart or an end of connections: it watches their directory, and looks at them when they are renamed. Tested with
 * Envoy 1.40. An Envoy that refuses a certificate keeps the old one and says so only in its log and its statistics: give
 * `admin`, so that it is asked, or the deployment `endpoints`.
 */
export function envoy(args: EnvoyArgs): EnvoyTarget {
  return { ...args, kind: "envoy" };
}

const onDisk = onFiles<EnvoyTarget>({
  kind: "envoy",
  factory: envoy,
  known: ["directory", "secretName", "trustBundleName", "admin", "curl", ...sharedNames, "check", "reload"],
  describe(given, property) {
    const { certificate, trustBundle } = parseSecretNames(given, property);
    const { pem, key, definition } = secretFiles(certificate);
    const roots = trustBundle === undefined ? undefined : secretFiles(trustBundle);
    const ofRoots = roots && { [roots.pem]: "trustBundleName", [roots.definition]: "trustBundleName" };
    return {
      ...pick(given, ["directory", ...sharedNames, "check", "reload"]),
      files: { [pem]: "fullChain", [key]: "privateKey", ...(roots && { [roots.pem]: "trustBundle" }) },
      properties: { files: { [pem]: "secretName", [key]: "secretName", [definition]: "secretName", ...ofRoots } },
    };
  },
  acceptDescribed(_spec, { keyAlgorithm }) {
    if (keyAlgorithm === undefined || isTaken(keyAlgorithm)) return;
    throw invalidArgument(
      "certificate",
      `Envoy takes no key of the kind ${keyAlgorithm}.`,
      "Use ECDSA-P256, ECDSA-P384, Ed25519 or RSA of 2048 bits or more.",
    );
  },
});

/** As Envoy 1.40 has it. */
function isTaken(keyAlgorithm: string): boolean {
  const [, bits] = /^RSA-(\d+)$/.exec(keyAlgorithm) ?? [];
  return bits === undefined ? /^(ECDSA-P(256|384|521)|Ed25519)$/.test(keyAlgorithm) : Number(bits) >= 2048;
}

export const envoyTarget = defineTarget<EnvoySpec, EnvoyTarget>({
  ...onDisk,
  parse: (value, property) => withSecrets(onDisk.parse(value, property), value as Record<string, unknown>, property),
  async preflight(spec, context) {
    await onDisk.preflight(spec, context);
    if (spec.admin === undefined) return;
    await assertRunnable(context.host, { command: [spec.admin.curl], environment: {}, timeout: 0 }, "target.curl");
  },
  async checkStaged(spec, staged, context) {
    if (spec.admin === undefined) return;
    try {
      await (await rotationOf(spec, spec.admin, staged, context)).assertKnown();
    } catch (error) {
      if (!isStartable(error)) throw error;
      // Before its first files Envoy cannot start; a reload command may be what starts it.
      const first = (await onDisk.observe(spec, context)).current === undefined;
      if (!first && spec.reload === undefined) throw error;
    }
  },
  describeReload: () => "reads it from its files (SDS)",
  /** Each deployment has its own secret to wait for. */
  shared: (spec, step) => (step === "check" ? onDisk.shared?.(spec, step) : undefined),
  async reload(spec, current, context) {
    const announce = (): Promise<void> => announceNames(openStore(context.host, context.instance, spec.directory));
    if (spec.admin === undefined) return announce();
    const rotation = await rotationOf(spec, spec.admin, current, context);
    try {
      await rotation.complete(announce);
    } catch (error) {
      if (!isStartable(error) || spec.reload === undefined) throw error;
      await onDisk.reload?.(spec, current, context);
      await rotation.completeStart();
    }
  },
});

/** Whether a start of Envoy helps. */
function isStartable(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof UnknownSecret;
}

async function rotationOf(
  { directory, secrets, reload }: EnvoySpec,
  address: AdminAddress,
  { id }: Revision,
  { host, instance }: TargetContext,
): Promise<EnvoyRotation> {
  const store = openStore(host, instance, directory);
  const { confirmed } = await look(store);
  const fileIn = (revision: string, name: string): string =>
    join(revisionDirectory(store, revision), secretFiles(name).pem);
  const wanted = secrets.map(async ({ name, holds }): Promise<WantedSecret[]> => {
    const pem = await host.read(fileIn(id, name));
    // What was deployed before the target had the secret lacks its file.
    if (pem === undefined) return [];
    const isNew = confirmed === undefined || (await host.stat(fileIn(confirmed, name))) === undefined;
    const mayBeUnknown = holds === "trustBundle" && isNew && reload === undefined;
    return [{ name, holds, pem: pem.toString("utf8"), mayBeUnknown }];
  });
  return new EnvoyRotation(new EnvoyAdmin(host, address), (await Promise.all(wanted)).flat());
}
