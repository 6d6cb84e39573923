import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { pick, sharedNames } from "./certificateAndKey";
import { runFor, shownCommand } from "./commands";
import { callOf } from "./exec/call";
import { type ExecHook, type HookStyle, filesOf, parseHook } from "./exec/hook";
import type { FilesSpec } from "./filesSpec";
import { onFiles } from "./onFiles";
import { openStore, revisionDirectory } from "./revisions/layout";
import { defineTarget } from "./target";

/** Arguments of `exec` as a target: a deploy hook that was written for certbot or acme.sh. */
export interface ExecTargetArgs {
  /**
   * What the hook was written for: it decides the names of the files and what the hook is told.
   * - `certbot`: cert.pem, chain.pem, fullchain.pem and privkey.pem; the hook finds RENEWED_LINEAGE (the directory) and
   *   RENEWED_DOMAINS (the certificate's names, separated by spaces) in its environment, as in `renewal-hooks/deploy`.
   * - `acme.sh`: `<domain>.cer`, `<domain>.key`, ca.cer and fullchain.cer; a script of its `deploy` folder, whose
   *   function `<script>_deploy` is called with the domain and the paths of key, certificate, CA and full chain.
   * - `reloadcmd`: the same files; what `acme.sh --install-cert --reloadcmd` runs, with Le_Domain, CERT_PATH,
   *   CERT_KEY_PATH, CA_CERT_PATH and CERT_FULLCHAIN_PATH in its environment.
   *
   * Changing it deploys again.
   */
  readonly style: Input<HookStyle>;
  /**
   * The absolute path of the directory that holds the files: a lineage as /etc/letsencrypt/live/www.example.com, or
   * /root/.acme.sh/www.example.com_ecc. It is made, with the mode 0755, if it is missing. Changing it deploys to the new
   * place, then ends the deployment in the old one as `onDelete` says.
   */
  readonly directory: Input<string>;
  /**
   * The hook's absolute path and its arguments; no shell is involved, except that `acme.sh` scripts are read by /bin/sh
   * or by the program named before the script. It runs when the files changed and must end with the exit code 0; if it
   * fails, the old files come back and it runs once more, so it must be able to run twice. Changing it takes effect with
   * the next deployment.
   */
  readonly command: Input<Input<string>[]>;
  /**
   * For the styles of acme.sh: the main domain, by which two of the files are called. Changing it deploys again.
   * @default the directory's name, without `_ecc`
   */
  readonly domain?: Input<string>;
  /**
   * A write-only secret: the variables that the hook gets besides PATH, LANG, CERTIFICATE_DIRECTORY,
   * CERTIFICATE_FINGERPRINT and those of its style, such as a token or DEPLOY_HAPROXY_RELOAD. Nothing else is inherited
   * from Pulumi's environment, HOME included. Changing it takes effect with the next deployment.
   * @default none
   */
  readonly environment?: Input<Record<string, Input<string>>>;
  /**
   * A duration such as `90s` after which the hook and all that it started is ended; that is a failure. Changing it takes
   * effect with the next deployment.
   * @default "2m"
   */
  readonly timeout?: Input<string>;
  /**
   * Who owns the files: `user`, `user:group` or `:group`, by name or number; a user alone brings the user's own group.
   * Changing it deploys again.
   * @default the user that deploys
   */
  readonly owner?: Input<string>;
  /**
   * The permissions of the private key, in octal digits. Changing it deploys again.
   * @default "0600"
   */
  readonly keyMode?: Input<string>;
  /**
   * Whether files at these names that certbot, acme.sh or something else put there may be replaced. They are kept as the
   * previous revision, so that they come back if the first deployment fails. Make sure that certbot or acme.sh does not
   * renew this certificate any more. Changing it takes effect with the next deployment.
   * @default false: such files are refused
   */
  readonly takeOver?: Input<boolean>;
  /**
   * What deleting the resource does: `leave` keeps the files where they are, `remove` takes away those that this
   * resource deployed, never others. What the hook did stays in either case. Changing it updates in place.
   * @default "leave"
   */
  readonly onDelete?: Input<"leave" | "remove">;
}

/** An `exec` target in a program. */
export type ExecTarget = ExecTargetArgs & { readonly kind: "exec" };

/** An `exec` target as it was described: the files, and the hook that is told of them. */
export interface ExecTargetSpec extends FilesSpec {
  readonly hook: ExecHook;
}

const ownNames = ["style", "directory", "command", "domain", "environment", "timeout"] as const;

const onDisk = onFiles<ExecTarget>({
  kind: "exec",
  factory: (args: ExecTargetArgs): ExecTarget => ({ ...args, kind: "exec" }),
  known: [...ownNames, ...sharedNames],
  describe(given, property) {
    const { directory } = given;
    const files = filesOf(parseHook(given, property));
    const properties = { files: Object.fromEntries(Object.keys(files).map((name) => [name, "style"])) };
    return { directory, files, properties, ...pick(given, sharedNames) };
  },
});

export const execTarget = defineTarget<ExecTargetSpec, ExecTarget>({
  ...onDisk,
  parse: (value, property) => ({
    ...onDisk.parse(value, property),
    hook: parseHook(value as Record<string, unknown>, property),
  }),
  async preflight(spec, context) {
    await onDisk.preflight(spec, context);
    const { host } = context;
    const { script } = spec.hook;
    const [program = ""] = spec.hook.command.command;
    const obstacle = await host.runObstacle(program);
    const isMissing = script !== undefined && (await host.realPath(script.path)) === undefined;
    if (obstacle === undefined && !isMissing) return;
    const problem =
      obstacle === undefined
        ? `${script?.path} does not exist on ${host.name}.`
        : `${program} cannot be run on ${host.name}: ${obstacle}.`;
    throw invalidArgument(
      "target.command",
      problem,
      "Install the hook there, make it executable, or correct the path.",
    );
  },
  // Each certificate has its own run: the hook is told which one.
  shared: () => undefined,
  describeReload: ({ hook }) => `runs ${shownCommand(hook.command)}`,
  async reload({ directory, hook }, current, context) {
    const store = openStore(context.host, context.instance, directory);
    const revision = { ...current, directory: revisionDirectory(store, current.id) };
    const { command, variables } = await callOf(hook, directory, revision, context.host);
    await runFor(context.host, command, revision, "DeploymentFailed", variables);
  },
});
