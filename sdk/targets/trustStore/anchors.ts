import { basename, join } from "node:path";
import { CertificatesError } from "../../errors";
import { failureOf } from "../../net/command";
import { parseCertificates, splitPem } from "../../x509/parse";
import { runFor } from "../commands";
import type { Host } from "../hosts/host";
import { octal } from "../revisions/manifest";
import type { TrustSystem } from "./system";

/** The roots of one deployment in the trust store of a host's operating system. */
export interface Anchors {
  readonly host: Host;
  readonly system: TrustSystem;
  /** Their files begin with it. */
  readonly name: string;
}

const mode = 0o644;

/** File name → PEM. A root has the same name wherever it is deployed. */
export function anchorFiles(name: string, rootsPem: string): Map<string, string> {
  const roots = parseCertificates(rootsPem, "certificate.trustBundlePem");
  return new Map(roots.map(({ fingerprintSha256, pem }) => [`${name}-${fingerprintSha256.slice(0, 16)}.crt`, pem]));
}

/** The files of this name that are there. */
export async function presentAnchors({ host, system, name }: Anchors): Promise<string[]> {
  const rest = /^-[0-9a-f]{16}\.crt$/;
  return (await host.list(system.anchors)).filter(
    (file) => file.startsWith(name) && rest.test(file.slice(name.length)),
  );
}

/** Files that a run left half written. */
async function unfinishedAnchors({ host, system, name }: Anchors): Promise<string[]> {
  const rest = /^-[0-9a-f]{16}\.crt\.new$/;
  return (await host.list(system.anchors)).filter(
    (file) => file.startsWith(`.${name}`) && rest.test(file.slice(name.length + 1)),
  );
}

/** How the trust store differs from these roots, as sentences. */
export async function anchorDifferences(anchors: Anchors, rootsPem: string): Promise<string[]> {
  const { host, system, name } = anchors;
  const wanted = anchorFiles(name, rootsPem);
  const [present, lacking] = await Promise.all([presentAnchors(anchors), lackingRoots(anchors, rootsPem)]);
  const differences: string[] = [];
  for (const [file, pem] of wanted) {
    const problem = await problemOf(host, join(system.anchors, file), pem);
    if (problem !== undefined) differences.push(`${join(system.anchors, file)} ${problem}.`);
  }
  for (const file of present) {
    if (!wanted.has(file)) differences.push(`${join(system.anchors, file)} is there, and is none of the roots.`);
  }
  return [...differences, ...lacking.map((root) => `${system.bundle} lacks ${root}.`)];
}

async function problemOf(host: Host, path: string, pem: string): Promise<string | undefined> {
  const entry = await host.stat(path);
  if (entry === undefined) return "is missing";
  if (entry.type !== "file") return "is no regular file any more";
  if (entry.mode !== mode) return `has the mode ${octal(entry.mode)} instead of ${octal(mode)}`;
  return (await host.read(path))?.equals(Buffer.from(pem)) === true ? undefined : "has another content";
}

/** What is told to the commands. */
interface Brought {
  readonly directory: string;
  readonly fingerprintSha256?: string;
}

/**
 * Puts these roots into the trust store and takes others of this name out of it, then brings that into use; `formerPem`
 * are roots that may still be in use. New roots come before old ones go.
 */
export async function bringAnchors(
  anchors: Anchors,
  rootsPem: string,
  formerPem: string,
  revision: Brought,
): Promise<void> {
  const { host, system, name } = anchors;
  const wanted = anchorFiles(name, rootsPem);
  await inTurn(host, async () => {
    for (const file of await unfinishedAnchors(anchors)) await host.removeFile(join(system.anchors, file));
    for (const [file, pem] of wanted) await placeAnchor(anchors, file, pem);
    const before = [...(await presentAnchors(anchors)), ...anchorFiles(name, formerPem).keys()];
    const removed = [...new Set(before)].filter((file) => !wanted.has(file));
    for (const file of removed) await host.removeFile(join(system.anchors, file));
    await host.syncDirectory(system.anchors);
    await runFor(host, removed.length === 0 ? system.update : system.updateAfterRemoval, revision, "DeploymentFailed");
    if (removed.length > 0) await tellHooks(anchors, removed);
  });
  const [lacking] = await lackingRoots(anchors, rootsPem);
  if (lacking === undefined) return;
  throw new CertificatesError(
    "DeploymentFailed",
    `${system.update.command.join(" ")} succeeded on ${host.name}, but ${system.bundle} lacks ${lacking}.`,
    { hint: "Is it no CA, or distrusted there, or is the bundle another file?" },
  );
}

/** Takes all roots of this name out of the trust store. */
export function removeAnchors(anchors: Anchors, formerPem: string, revision: Brought): Promise<void> {
  return bringAnchors(anchors, "", formerPem, revision);
}

/** Readers never see half a file. */
async function placeAnchor({ host, system }: Anchors, file: string, pem: string): Promise<void> {
  const path = join(system.anchors, file);
  if ((await problemOf(host, path, pem)) === undefined) return;
  const waiting = join(system.anchors, `.${file}.new`);
  await host.writeFile(waiting, Buffer.from(pem), mode);
  await host.rename(waiting, path);
}

/** update-ca-certificates tells its hooks, Java's among them, of no root that an administrator removed. */
async function tellHooks({ host, system: { hooks } }: Anchors, removed: readonly string[]): Promise<void> {
  if (hooks === undefined) return;
  const links = removed.map((file) => join(hooks.links, `${basename(file, ".crt")}.pem`));
  const input = links.map((link) => `-${link}\n`).join("");
  for (const name of (await host.list(hooks.directory)).filter((file) => /^[A-Za-z0-9_-]+$/.test(file))) {
    const program = join(hooks.directory, name);
    if ((await host.runObstacle(program)) !== undefined) continue;
    const options = { input, timeout: 300_000 };
    const failure = failureOf([program], await host.run([program], options), options);
    if (failure !== undefined) throw new CertificatesError("DeploymentFailed", failure);
  }
}

/** The roots that are not in the bundle, each as it is known to people. */
async function lackingRoots({ host, system }: Anchors, rootsPem: string): Promise<string[]> {
  const bundle = (await host.read(system.bundle))?.toString("latin1") ?? "";
  const bodies = bundle.split("-----BEGIN ").map((block) => bodyOf(block.slice(block.indexOf("-----") + 5)));
  const trusted = new Set(bodies);
  return parseCertificates(rootsPem, "certificate.trustBundlePem").flatMap(({ pem, subject, fingerprintSha256 }) =>
    trusted.has(bodyOf(pem.slice(pem.indexOf("\n")))) ? [] : [`the root ${subject} (${fingerprintSha256})`],
  );
}

/** The base64 before the next line that ends a block. */
function bodyOf(text: string): string {
  return text.split("-----END ", 1)[0]?.replace(/\s/g, "") ?? "";
}

/** The programs that update a trust store do not expect each other. */
async function inTurn(host: Host, work: () => Promise<void>): Promise<void> {
  const result = (turns.get(host.name) ?? Promise.resolve()).then(work);
  turns.set(
    host.name,
    result.catch(() => undefined),
  );
  return result;
}

/** The end of the last update of this process, by host. */
const turns = new Map<string, Promise<unknown>>();

/** Whether a text holds at least one certificate. */
export function holdsCertificates(pem: string | undefined): boolean {
  return pem !== undefined && splitPem(pem, "certificate.trustBundlePem").length > 0;
}
