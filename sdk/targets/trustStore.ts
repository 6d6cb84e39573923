import { join } from "node:path";
import type { Input } from "@pulumi/pulumi";
import { CertificatesError, invalidArgument } from "../errors";
import { pick } from "./certificateAndKey";
import { assertRunnable } from "./commands";
import { filesTarget } from "./files";
import { type FilesSpec, parseFiles } from "./filesSpec";
import { look } from "./revisions/inspect";
import { type Store, homeOfLink, openStore, publicLink, revisionDirectory } from "./revisions/layout";
import { readOwner } from "./revisions/ownership";
import { type TargetContext, defineTarget } from "./target";
import {
  type Anchors,
  anchorDifferences,
  bringAnchors,
  holdsCertificates,
  presentAnchors,
  removeAnchors,
} from "./trustStore/anchors";
import { type TrustSystemArgs, type TrustSystemSpec, parseSystem, systemOn } from "./trustStore/system";

/** Arguments of `trustStore`. */
export interface TrustStoreArgs {
  /**
   * What the files of the roots begin with, as in `example-internal-0123456789abcdef.crt`: 1 to 64 letters, digits,
   * `.`, `_` and `-`. Two deployments on one host need two names. Changing it deploys under the new name, then ends the
   * deployment under the old one as `onDelete` says.
   */
  readonly name: Input<string>;
  /**
   * How the operating system keeps its roots: `debian` (Debian, Ubuntu, Alpine: update-ca-certificates), `redhat` (RHEL,
   * Fedora, Amazon Linux: update-ca-trust), `suse`, or the layout of another one. Changing the layout does not take
   * anything out of the former directory.
   * @default what the host has
   */
  readonly system?: Input<"debian" | "redhat" | "suse"> | TrustSystemArgs;
  /**
   * Whether files of this name that something else put there may be replaced. Changing it takes effect with the next
   * deployment.
   * @default false: such files are refused
   */
  readonly takeOver?: Input<boolean>;
  /**
   * What deleting the resource does: `leave` leaves the roots trusted, `remove` takes away those that this resource
   * deployed, from Debian's Java trust store, too. Changing it updates in place.
   * @default "leave"
   */
  readonly onDelete?: Input<"leave" | "remove">;
}

/** A `trustStore` target in a program. */
export type TrustStoreTarget = TrustStoreArgs & { readonly kind: "trustStore" };

/**
 * The roots of a certificate (`trustBundlePem`) in the trust store of the operating system, where OpenSSL, GnuTLS, curl,
 * Python, Go and, with the packages of the distribution, Java find them. Neither the certificate nor a private key is
 * written. When the roots change, new ones come before old ones go, the system's own program brings them into use, and
 * its bundle must then hold every one of them; else the roots of before come back. A certificate that is renewed under
 * the same roots changes nothing.
 */
export function trustStore(args: TrustStoreArgs): TrustStoreTarget {
  return { ...args, kind: "trustStore" };
}

/** A `trustStore` target as it was described: what is kept of the roots, and where the system looks for them. */
export interface TrustStoreSpec extends FilesSpec {
  readonly name: string;
  readonly system: TrustSystemSpec;
}

const known = ["name", "system", "takeOver", "onDelete"];
const rootsFile = "roots.pem";

function parseTrustStore(value: unknown, property: string): TrustStoreSpec {
  if (typeof value !== "object" || value === null)
    throw invalidArgument(property, "is no target.", "Use trustStore({ name }).");
  for (const key of Object.keys(value)) {
    if (key === "kind" || known.includes(key)) continue;
    throw invalidArgument(`${property}.${key}`, "unknown property.", `trustStore has ${known.join(", ")}.`);
  }
  const given = value as Record<string, unknown>;
  const { name } = given;
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const fix = 'Use 1 to 64 letters, digits, ".", "_" and "-", as in "example-internal".';
    throw invalidArgument(`${property}.name`, `${JSON.stringify(name) ?? "nothing"} is no name for files.`, fix);
  }
  const { system, revisions } = parseSystem(given.system, `${property}.system`);
  const files = {
    kind: "files",
    directory: join(revisions, name),
    files: { [rootsFile]: "trustBundle" },
    ...pick(given, ["takeOver", "onDelete"]),
  };
  const properties = { directory: "system.revisions", files: { [rootsFile]: "name" } };
  return { ...parseFiles(files, property, properties), name, system };
}

function storeOf({ directory }: TrustStoreSpec, { host, instance }: TargetContext): Store {
  return openStore(host, instance, directory);
}

async function anchorsOf({ name, system }: TrustStoreSpec, { host }: Pick<TargetContext, "host">): Promise<Anchors> {
  return { host, name, system: await systemOn(host, system) };
}

/** The roots of a revision; undefined if it is not there, or was damaged. */
async function rootsOf(store: Store, revision: string | undefined): Promise<string | undefined> {
  if (revision === undefined) return undefined;
  return (await store.host.read(join(revisionDirectory(store, revision), rootsFile)))?.toString("utf8");
}

/** Files of this name where no deployment stands that put them there. */
async function assertNotForeign(spec: TrustStoreSpec, anchors: Anchors): Promise<void> {
  const link = (await anchors.host.stat(join(spec.directory, rootsFile)))?.link;
  if (spec.takeOver || (link !== undefined && homeOfLink(link, rootsFile) !== undefined)) return;
  const [file] = await presentAnchors(anchors);
  if (file === undefined) return;
  throw new CertificatesError("ForeignFile", `${join(anchors.system.anchors, file)} was put there by something else.`, {
    hint: "Use another name, or set takeOver: true on the target: then it is replaced.",
    property: "target",
  });
}

/** How the trust store differs from the current revision. */
async function driftOf(spec: TrustStoreSpec, context: TargetContext): Promise<string[]> {
  const store = storeOf(spec, context);
  const roots = await rootsOf(store, (await look(store)).current);
  return roots === undefined ? [] : anchorDifferences(await anchorsOf(spec, context), roots);
}

/** Notes that a deployment is under way where the files are as they should be, but not what was made from them. */
async function beginAgain(spec: TrustStoreSpec, context: TargetContext): Promise<void> {
  const { host, unfinished } = storeOf(spec, context);
  if ((await driftOf(spec, context)).length === 0 || (await host.stat(unfinished)) !== undefined) return;
  await host.writeFile(unfinished, new Uint8Array(), 0o600);
}

function rootless(): CertificatesError {
  const fix = "Give a certificate whose issuer's roots are known: trustBundlePem.";
  return invalidArgument("certificate.trustBundlePem", "holds no root that could be trusted.", fix);
}

export const trustStoreTarget = defineTarget<TrustStoreSpec, TrustStoreTarget>({
  ...filesTarget,
  kind: "trustStore",
  factory: trustStore,
  parse: parseTrustStore,
  acceptDescribed(_spec, { hasTrustBundle }) {
    if (hasTrustBundle === false) throw rootless();
  },
  accept(_spec, { trustBundlePem }) {
    if (!holdsCertificates(trustBundlePem)) throw rootless();
  },
  async preflight(spec, context) {
    const { host } = context;
    await filesTarget.preflight(spec, context);
    const anchors = await anchorsOf(spec, context);
    const { system } = anchors;
    const isThere = (await host.realPath(system.anchors)) !== undefined;
    const obstacle = isThere ? await host.writeObstacle(system.anchors) : "it does not exist";
    if (obstacle !== undefined) {
      const problem = `roots cannot be written to ${system.anchors} on ${host.name}: ${obstacle}.`;
      throw invalidArgument("target.system", problem, "Deploy as a user that may: root, as a rule.");
    }
    await assertRunnable(host, system.update, "target.system.update");
    await assertRunnable(host, system.updateAfterRemoval, "target.system.updateAfterRemoval");
    await assertNotForeign(spec, anchors);
  },
  async observe(spec, context) {
    const store = storeOf(spec, context);
    const observed = await filesTarget.observe(spec, context);
    if (observed.current === undefined) return observed;
    const differences = [...observed.differences, ...(await driftOf(spec, context))];
    // A certificate that was renewed under the same roots made no new revision.
    const owner = observed.interrupted ? undefined : await readOwner(context.host, store.home);
    const { fingerprintSha256 = observed.current.fingerprintSha256 } = owner ?? {};
    const current = { id: observed.current.id, ...(fingerprintSha256 === undefined ? {} : { fingerprintSha256 }) };
    return { ...observed, current, differences };
  },
  async stage(spec, material, context) {
    await assertNotForeign(spec, await anchorsOf(spec, context));
    await beginAgain(spec, context);
    return filesTarget.stage(spec, material, context);
  },
  async stageKept(spec, revision, context) {
    await beginAgain(spec, context);
    return filesTarget.stageKept(spec, revision, context);
  },
  // Neither is the files' own: what the system uses is made in `reload`, and each deployment has its own roots.
  check: () => Promise.resolve(),
  shared: () => undefined,
  describeReload: () => "has its trust stores made anew where the roots changed",
  async reload(spec, current, context) {
    const store = storeOf(spec, context);
    const roots = await rootsOf(store, current.id);
    if (roots === undefined)
      throw new CertificatesError("DeploymentFailed", `${store.directory}: the roots of ${current.id} are missing.`);
    const former = await rootsOf(store, (await look(store)).confirmed);
    const directory = revisionDirectory(store, current.id);
    await bringAnchors(await anchorsOf(spec, context), roots, former ?? "", { ...current, directory });
  },
  async withdraw(spec, context) {
    const store = storeOf(spec, context);
    const { current, confirmed } = await look(store);
    const isOwn = (await context.host.stat(join(spec.directory, rootsFile)))?.link === publicLink(store, rootsFile);
    if (spec.onDelete === "remove" && isOwn) {
      const former = [await rootsOf(store, current), await rootsOf(store, confirmed)].join("\n");
      await removeAnchors(await anchorsOf(spec, context), former, { directory: store.home });
    }
    await filesTarget.withdraw(spec, context);
  },
});
