import { CertificatesError } from "../../errors";
import { placeDirectory } from "../hosts/trustedPath";
import type { StagedRevision } from "../target";
import { copyForAdoption } from "./adopt";
import { brokenNames, findRevision, isUnfinished, look } from "./inspect";
import type { Store } from "./layout";
import { type DesiredFile, type Manifest, damageOf, isMadeFrom, readManifests } from "./manifest";
import { namesToTakeOver } from "./ownership";
import { type Known, makeHome, prepare, refreshOwner } from "./prepare";
import { removeLeftovers } from "./retire";
import { nextRevision, recordsOf, writeRevision } from "./writeRevision";

export interface DesiredRevision {
  readonly files: readonly DesiredFile[];
  readonly fingerprintSha256: string;
  readonly takeOver: boolean;
}

/** Writes a revision beside the one in use, or finds it there, and prepares to switch to it. */
export async function stageRevision(store: Store, desired: DesiredRevision): Promise<StagedRevision> {
  const { host } = store;
  const { missing } = await placeDirectory(host, store.directory, store.property);
  const known = await readKnown(store);
  const { found } = known;
  const { fingerprintSha256 } = desired;
  const names = desired.files.map((file) => file.name);
  const foreign = await foreignNames(store, names, desired.takeOver, known);
  const resumed = isUnfinished(found);
  const current = currentOf(known);
  if (current !== undefined && foreign.length === 0 && isMadeFrom(store, current.manifest, desired.files)) {
    const [damage, broken] = await Promise.all([
      damageOf(store, current.id, current.manifest),
      brokenNames(store, current.manifest),
    ]);
    if (damage.length === 0) {
      await removeLeftovers(store, found);
      const staged = { id: current.id, fingerprintSha256 };
      const settled = broken.length === 0 && !resumed;
      if (settled) await refreshOwner(store, fingerprintSha256);
      else await prepare(store, known, { staged, manifest: current.manifest });
      return { ...staged, settled, resumed: resumed && !settled };
    }
  }

  const contents = await Promise.all(desired.files.map(async (file) => ({ ...file, bytes: await file.content() })));
  if (found.current === undefined || missing.length > 0) await makeHome(store, missing);
  const left = await removeLeftovers(store, found);
  const first = nextRevision(left);
  const adopted = foreign.length === 0 ? undefined : await copyForAdoption(store, first, foreign, current);
  const id = adopted === undefined ? first : nextRevision([first]);
  const manifest: Manifest = { fingerprintSha256, files: recordsOf(store, contents) };
  await writeRevision(store, id, manifest, contents);
  const staged = { id, fingerprintSha256 };
  await prepare(store, known, { staged, manifest, ...(adopted === undefined ? {} : { adopted }) });
  return { ...staged, settled: false, resumed };
}

/** Prepares to switch to a revision that is still kept. */
export async function stageKeptRevision(store: Store, id: string): Promise<StagedRevision> {
  const [kept, known] = await Promise.all([findRevision(store, id), readKnown(store)]);
  if (kept === undefined || kept.damage.length > 0) {
    const problem = kept === undefined ? "it is not there" : kept.damage.join(" ");
    throw new CertificatesError(
      "DeploymentFailed",
      `${store.directory}: the previous revision (${id}) cannot be used: ${problem}.`,
      {
        hint: 'Set revision: "current" to deploy the certificate as it is now.',
      },
    );
  }
  const { found } = known;
  await foreignNames(store, Object.keys(kept.manifest.files), false, known);
  const { fingerprintSha256 } = kept.manifest;
  const staged = { id, ...(fingerprintSha256 === undefined ? {} : { fingerprintSha256 }) };
  const resumed = isUnfinished(found);
  if (found.current === id && !resumed && (await brokenNames(store, kept.manifest)).length === 0)
    return { ...staged, settled: true, resumed: false };
  await removeLeftovers(store, found);
  await prepare(store, known, { staged, manifest: kept.manifest });
  return { ...staged, settled: false, resumed };
}

async function readKnown(store: Store): Promise<Known> {
  const found = await look(store);
  return { found, manifests: await readManifests(store, [found.current, found.confirmed, found.previous]) };
}

function currentOf({ found, manifests }: Known): { id: string; manifest: Manifest } | undefined {
  const id = found.current ?? "";
  const manifest = manifests.get(id);
  return manifest && { id, manifest };
}

/** Names at which something stands that is not this deployment's; those of its own revisions are, whatever stands there. */
function foreignNames(
  store: Store,
  names: readonly string[],
  takeOver: boolean,
  { manifests }: Known,
): Promise<string[]> {
  const own = new Set([...manifests.values()].flatMap(({ files }) => Object.keys(files)));
  const { id, resource } = store.instance;
  return namesToTakeOver(store.host, { directory: store.directory, names, resource, takeOver, id, own });
}
