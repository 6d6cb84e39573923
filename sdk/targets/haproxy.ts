import { X509Certificate } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Input } from "@pulumi/pulumi";
import { CertificatesError, invalidArgument } from "../errors";
import { type CertificateAndKeyArgs, parseFilePath, pick, sharedNames } from "./certificateAndKey";
import { assertRunnable, type CommandArgs } from "./commands";
import type { FilesSpec } from "./filesSpec";
import { assertListWritable, isListed } from "./haproxy/crtList";
import { delist, delistFormer, list, listFor } from "./haproxy/listing";
import { HaproxyRuntime, Unreachable } from "./haproxy/runtime";
import { onFiles } from "./onFiles";
import { assertOpensslLoads } from "./opensslKey";
import { openStore, publicLink, revisionDirectory } from "./revisions/layout";
import { type Revision, type StagedRevision, type TargetContext, defineTarget } from "./target";

/** Arguments of `haproxy`. */
export interface HaproxyArgs extends Omit<CertificateAndKeyArgs, "certificatePath" | "keyPath"> {
  /**
   * The absolute path of the one PEM file with private key, certificate and intermediates, exactly as HAProxy's
   * configuration names it (`crt`). Its directory is made, with the mode 0755, if it is missing. Changing it deploys to
   * the new place, then ends the deployment in the old one as `onDelete` says.
   */
  readonly certificatePath: Input<string>;
  /**
   * The absolute path of a crt-list that a `bind` line names (`crt-list`), and that the user that deploys owns with its
   * directory. A file that the running HAProxy does not know yet, such as that of a new member of a set, is made known to
   * it and listed through the socket, without a reload, and a line is written to the crt-list for the next start; a line
   * that names the file already stays as it is, with its options. `onDelete: "remove"` takes out both before the file is
   * removed. Changing it writes a line to the other one, which the next reload of HAProxy reads, and leaves the former
   * line where it is.
   * @default none: HAProxy's configuration names the file, or its directory
   */
  readonly crtList?: Input<string>;
  /**
   * The absolute path of HAProxy's stats socket, which must have `level admin`. Changing it takes effect with the next
   * deployment.
   * @default "/run/haproxy/admin.sock"
   */
  readonly socket?: Input<string>;
  /**
   * The absolute path of socat, which talks to the socket on the host. Changing it takes effect with the next
   * deployment.
   * @default "/usr/bin/socat"
   */
  readonly socat?: Input<string>;
  /**
   * A command that must accept the configuration once the path leads to the new file and before HAProxy is told, such as
   * `["/usr/sbin/haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"]`. If it fails, the old file comes back. Changing it
   * takes effect with the next deployment.
   * @default no such check
   */
  readonly check?: CommandArgs;
  /**
   * The command for an HAProxy that is not running yet or does not have the file yet, such as
   * `["/usr/bin/systemctl", "reload-or-restart", "haproxy"]`. All else goes through the socket. Changing it takes
   * effect with the next deployment.
   * @default none: then the first deployment fails, with the file in its place
   */
  readonly reload?: CommandArgs;
}

/** An `haproxy` target in a program. */
export type HaproxyTarget = HaproxyArgs & { readonly kind: "haproxy" };

/**
 * A certificate that a running HAProxy (2.2 or later) gets through its runtime API, so that no process is reloaded and
 * no connection ends; the file, which a restart reads, changes with it. HAProxy reads the new certificate before the
 * file is touched, and says afterwards which one it uses.
 */
export function haproxy(args: HaproxyArgs): HaproxyTarget {
  return { ...args, kind: "haproxy" };
}

/** An `haproxy` target as it was described: the file, and the way to the running process. */
export interface HaproxySpec extends FilesSpec {
  readonly certificatePath: string;
  readonly crtList?: string;
  readonly socket: string;
  readonly socat: string;
}

const onDisk = onFiles<HaproxyTarget>({
  kind: "haproxy",
  factory: haproxy,
  known: ["certificatePath", "crtList", "socket", "socat", ...sharedNames, "check", "reload"],
  acceptDescribed: (_spec, certificate) => assertOpensslLoads(certificate),
  describe(given, property) {
    const path = parseFilePath(given.certificatePath, `${property}.certificatePath`, "/etc/haproxy/tls/web.pem");
    const name = basename(path);
    const properties = { directory: "certificatePath", files: { [name]: "certificatePath" } };
    const others = pick(given, [...sharedNames, "check", "reload"]);
    return { directory: dirname(path), files: { [name]: "combined" }, properties, ...others };
  },
});

export const haproxyTarget = defineTarget<HaproxySpec, HaproxyTarget>({
  ...onDisk,
  parse(value, property) {
    const files = onDisk.parse(value, property);
    const given = value as Record<string, unknown>;
    const { crtList, socket = "/run/haproxy/admin.sock", socat = "/usr/bin/socat" } = given;
    return {
      ...files,
      ...(crtList !== undefined && { crtList: parseCrtList(crtList, `${property}.crtList`) }),
      certificatePath: plainPath(join(files.directory, files.files[0]?.name ?? ""), `${property}.certificatePath`),
      socket: plainPath(parseFilePath(socket, `${property}.socket`, "/run/haproxy/admin.sock"), `${property}.socket`),
      socat: parseFilePath(socat, `${property}.socat`, "/usr/bin/socat"),
    };
  },
  async preflight(spec, context) {
    await onDisk.preflight(spec, context);
    const socat = { command: [spec.socat], environment: {}, timeout: 0 };
    await assertRunnable(context.host, socat, "target.socat");
    if (spec.crtList !== undefined) await assertListWritable(context.host, spec.crtList, "target.crtList");
  },
  async observe(spec, context) {
    const found = await onDisk.observe(spec, context);
    const { crtList, certificatePath } = spec;
    if (crtList === undefined || found.current === undefined) return found;
    if (await isListed(context.host, crtList, certificatePath)) return found;
    return { ...found, differences: [...found.differences, `${crtList} does not name ${certificatePath}.`] };
  },
  stage: async (spec, material, context) => kept(spec, await onDisk.stage(spec, material, context), context),
  stageKept: async (spec, revision, context) => kept(spec, await onDisk.stageKept(spec, revision, context), context),
  async checkStaged(spec, staged, context) {
    const pem = await pemOf(spec, staged, context);
    try {
      await new HaproxyRuntime(context.host, spec).try(pem);
    } catch (error) {
      // Before its first file HAProxy may not be able to start; a reload command may be what starts it.
      const first = (await onDisk.observe(spec, context)).current === undefined;
      if (!(error instanceof Unreachable) || (!first && spec.reload === undefined)) throw error;
    }
  },
  // Each file has its own transaction; if the first of them had to reload HAProxy, it knows those of the others then.
  describeReload: ({ socket }) => `takes it up through ${socket}`,
  shared: (spec, step) => (step === "check" ? onDisk.shared?.(spec, step) : undefined),
  async reload(spec, current, context) {
    const pem = await pemOf(spec, current, context);
    const runtime = new HaproxyRuntime(context.host, spec);
    const obstacle = await useIn(runtime, pem, spec);
    if (obstacle === undefined) await list(context.host, spec);
    else if (spec.reload === undefined) throw obstacle;
    else await listFor(context.host, spec, async () => onDisk.reload?.(spec, current, context));
    const expected = new X509Certificate(pem).fingerprint.replaceAll(":", "");
    const used = await runtime.inUse();
    if (used === expected) return;
    const problem = `HAProxy uses the certificate with the SHA-1 ${used ?? "(none)"} for ${spec.certificatePath}, not ${expected}.`;
    throw new CertificatesError("DeploymentFailed", problem, { retryable: true });
  },
  async confirm(spec, current, context) {
    await delistFormer(openStore(context.host, context.instance, spec.directory), spec);
    await onDisk.confirm(spec, current, context);
  },
  async withdraw(spec, context) {
    const { host, instance } = context;
    const link = publicLink(openStore(host, instance, spec.directory), basename(spec.certificatePath));
    const isOwn = (await host.stat(spec.certificatePath))?.link === link;
    if (isOwn && spec.onDelete === "remove") await delist(host, spec);
    await onDisk.withdraw(spec, context);
  },
});

/** Files that are right already need nothing but their line in the crt-list. */
async function kept(spec: HaproxySpec, staged: StagedRevision, { host }: TargetContext): Promise<StagedRevision> {
  if (staged.settled) await list(host, spec);
  return staged;
}

/** What stands in the way of the runtime API; undefined if the certificate is in use. */
async function useIn(runtime: HaproxyRuntime, pem: string, spec: HaproxySpec): Promise<CertificatesError | undefined> {
  try {
    if (await runtime.use(pem)) return spec.crtList === undefined ? undefined : await runtime.enlist(spec.crtList);
  } catch (error) {
    if (error instanceof Unreachable) return error;
    throw error;
  }
  const problem = `The HAProxy at ${spec.socket} does not have the certificate ${spec.certificatePath}.`;
  return new CertificatesError("DeploymentFailed", problem, {
    retryable: true,
    hint: "Name the file in a `bind` line (`crt`) and reload HAProxy, or give the target a crtList or a reload command.",
  });
}

async function pemOf(spec: HaproxySpec, { id }: Revision, { host, instance }: TargetContext): Promise<string> {
  const path = join(revisionDirectory(openStore(host, instance, spec.directory), id), basename(spec.certificatePath));
  const content = await host.read(path);
  if (content === undefined) throw new CertificatesError("DeploymentFailed", `${path} is missing on ${host.name}.`);
  return content.toString("utf8");
}

function parseCrtList(value: unknown, property: string): string {
  return plainPath(parseFilePath(value, property, "/etc/haproxy/certificates.list"), property);
}

/** A path that is one word for HAProxy's socket and for socat. */
function plainPath(path: string, property: string): string {
  if (/^[A-Za-z0-9_@%+=./-]+$/.test(path)) return path;
  throw invalidArgument(
    property,
    `"${path}" has characters that HAProxy's socket does not take.`,
    "Use letters, digits and . _ - @ % + =.",
  );
}
