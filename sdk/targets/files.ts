import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import type { Pkcs12TrustStore } from "../keystores/pkcs12TrustStore";
import type { KeystoreArgs } from "../keystores/registry";
import { type CommandArgs, assertRunnable, runFor, shownCommand } from "./commands";
import { type PemContent, assertAvailable, assertMaterial, renderContent } from "./fileContents";
import { resolveOwner } from "./fileOwner";
import { type FilesSpec, directoryProperty, fileProperty, parseFiles } from "./filesSpec";
import { placeDirectory } from "./hosts/trustedPath";
import { confirmRevision, restoreRevision, switchRevision } from "./revisions/change";
import { observeStore } from "./revisions/inspect";
import { type Store, openStore, revisionDirectory } from "./revisions/layout";
import type { DesiredFile } from "./revisions/manifest";
import { namesToTakeOver } from "./revisions/ownership";
import { retireRevisions } from "./revisions/retire";
import { stageKeptRevision, stageRevision } from "./revisions/stage";
import { withdrawRevisions } from "./revisions/withdraw";
import { type Material, type PreflightContext, type Revision, type TargetContext, defineTarget } from "./target";

/** Arguments of `files`. */
export interface FilesArgs {
  /**
   * The absolute path of the directory that holds the files; it is made, with the mode 0755, if it is missing.
   * Several deployments can share one. Changing it deploys to the new place, then ends the deployment in the old one
   * as `onDelete` says.
   */
  readonly directory: Input<string>;
  /**
   * Each file's name in the directory and what it holds: `certificate`, `chain`, `fullChain`, `trustBundle`,
   * `privateKey`, `combined` (private key, certificate, intermediates), a keystore such as `pkcs12({ password })`, or a
   * trust store for Java, `pkcs12TrustStore()`.
   * The names are symbolic links into `.pulumi-certificates` beside them. Changing it deploys again, without a new
   * certificate.
   */
  readonly files: Input<Record<string, Input<PemContent> | KeystoreArgs | Pkcs12TrustStore>>;
  /**
   * Who owns the files: `user`, `user:group` or `:group`, by name or number; a user alone brings the user's own group.
   * Changing it deploys again.
   * @default the user that runs Pulumi
   */
  readonly owner?: Input<string>;
  /**
   * The permissions of files without a private key, in octal digits. Changing it deploys again.
   * @default "0644"
   */
  readonly mode?: Input<string>;
  /**
   * The permissions of files with a private key, keystores among them. Changing it deploys again.
   * @default "0600"
   */
  readonly keyMode?: Input<string>;
  /**
   * A command that must accept the new files before anything uses them. It finds them in the directory named by the
   * variable CERTIFICATE_DIRECTORY. If it fails, nothing was changed. Changing it takes effect with the next deployment.
   * @default no such check
   */
  readonly checkStaged?: CommandArgs;
  /**
   * A command that must accept the server's configuration once the names lead to the new files and before the server is
   * told, as in `["/usr/sbin/nginx", "-t"]`. If it fails, the old files come back. Changing it takes effect with the
   * next deployment.
   * @default no such check
   */
  readonly check?: CommandArgs;
  /**
   * The command that makes the server read the files again, as in `["/usr/bin/systemctl", "reload", "nginx"]`. It runs
   * only when the files changed. If it fails, the old files come back and it runs once more. Changing it takes effect
   * with the next deployment.
   * @default nothing is reloaded
   */
  readonly reload?: CommandArgs;
  /**
   * Whether files at these names that something else put there may be replaced. They are kept as the previous revision,
   * so that they come back if the first deployment fails. Make sure that whatever wrote them stops doing so.
   * @default false: such files are refused
   */
  readonly takeOver?: Input<boolean>;
  /**
   * What deleting the resource does: `leave` keeps the files where they are, `remove` takes away those that this
   * resource deployed, never others.
   * @default "leave"
   */
  readonly onDelete?: Input<"leave" | "remove">;
}

/** A `files` target in a program. */
export type FilesTarget = FilesArgs & { readonly kind: "files" };

/**
 * PEM files and keystores in a directory of the machine on which Pulumi runs. They change all at once, by one rename,
 * so that a certificate never stands beside another one's key; equal files are not written and nothing is reloaded.
 * The last revision that passed every check is kept and comes back if the next one fails.
 */
export function files(args: FilesArgs): FilesTarget {
  return { ...args, kind: "files" };
}

function storeOf(spec: FilesSpec, context: TargetContext): Store {
  return openStore(context.host, context.instance, spec.directory, directoryProperty(spec));
}

function inDirectory(spec: FilesSpec, context: TargetContext, revision: Revision): { directory: string } & Revision {
  return { ...revision, directory: revisionDirectory(storeOf(spec, context), revision.id) };
}

async function desiredFiles(spec: FilesSpec, material: Material, context: TargetContext): Promise<DesiredFile[]> {
  const owner = await resolveOwner(context.host, spec.owner, "target.owner");
  return spec.files.map(({ name, content, mode }) => {
    const { source, bytes } = renderContent(content, material, fileProperty(spec, name));
    return { name, mode, source, content: bytes, ...(owner === undefined ? {} : { owner }) };
  });
}

async function preflight(spec: FilesSpec, { host, resource, until }: PreflightContext<FilesSpec>): Promise<void> {
  await resolveOwner(host, spec.owner, "target.owner");
  const { existing } = await placeDirectory(host, spec.directory, directoryProperty(spec));
  const obstacle = await host.writeObstacle(existing);
  if (obstacle !== undefined) {
    const { uid } = await host.identity();
    throw invalidArgument(
      directoryProperty(spec),
      `${spec.directory} cannot be written by uid ${uid}: ${existing}: ${obstacle}.`,
      "Deploy as a user that may, or use another directory.",
    );
  }
  await assertRunnable(host, spec.checkStaged, "target.checkStaged");
  await assertRunnable(host, spec.check, "target.check");
  await assertRunnable(host, spec.reload, "target.reload");
  const own = until?.directory === spec.directory ? until.files.map((file) => file.name) : [];
  const { directory, takeOver } = spec;
  const names = spec.files.map((file) => file.name);
  await namesToTakeOver(host, { directory, names, resource, takeOver, own: new Set(own) });
}

export const filesTarget = defineTarget<FilesSpec, FilesTarget>({
  kind: "files",
  factory: files,
  parse: parseFiles,
  acceptDescribed(spec, certificate) {
    for (const { name, content } of spec.files) assertAvailable(content, certificate, fileProperty(spec, name));
  },
  accept: () => undefined,
  place: (spec) => spec.directory,
  preflight,
  observe: (spec, context) => observeStore(storeOf(spec, context)),
  async stage(spec, material, context) {
    assertMaterial(material);
    const { fingerprintSha256 } = material;
    const desired = { files: await desiredFiles(spec, material, context), fingerprintSha256, takeOver: spec.takeOver };
    return stageRevision(storeOf(spec, context), desired);
  },
  stageKept: (spec, revision, context) => stageKeptRevision(storeOf(spec, context), revision),
  async checkStaged(spec, staged, context) {
    if (spec.checkStaged === undefined) return;
    await runFor(context.host, spec.checkStaged, inDirectory(spec, context, staged), "TargetRefused");
  },
  switch: (spec, _staged, context) => switchRevision(storeOf(spec, context)),
  async check(spec, current, context) {
    if (spec.check === undefined) return;
    await runFor(context.host, spec.check, inDirectory(spec, context, current), "TargetRefused");
  },
  async reload(spec, current, context) {
    if (spec.reload === undefined) return;
    await runFor(context.host, spec.reload, inDirectory(spec, context, current), "DeploymentFailed");
  },
  describeReload: ({ reload }) => reload && `reloads with ${shownCommand(reload)}`,
  shared: (spec, step) => spec[step] && JSON.stringify(spec[step]),
  confirm: (spec, _current, context) => confirmRevision(storeOf(spec, context)),
  restore: (spec, context) => restoreRevision(storeOf(spec, context)),
  retire: (spec, finished, context) => retireRevisions(storeOf(spec, context), finished),
  withdraw: (spec, context) => withdrawRevisions(storeOf(spec, context), spec.onDelete),
});
