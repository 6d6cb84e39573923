import { CertificatesError } from "../../errors";
import { placeDirectory } from "../hosts/trustedPath";
import type { StagedRevision } from "../target";
import { copyForAdoption } from "./adopt";
import { brokenNames, findRevision, isUnfinished, look } from "./inspect";
import type { Store } from "./layout";
import { type DesiredFile, type Manifest, isMadeFrom } from "./manifest";
import { namesToTakeOver } from "./ownership";
import { makeHome, prepare, refreshOwner } from "./prepare";
import { removeLeftovers } from "./retire";
import { recordsOf, writeRevision } from "./writeRevision";

export interface DesiredRevision {
  readonly files: readonly DesiredFile[];
  readonly fingerprintSha256: string;
  readonly takeOver: boolean;
}

/** Writes a revision beside the one in use, or finds it there, and prepares to switch to it. */
export async function stageRevision(store: Store, desired: DesiredRevision): Promise<StagedRevision> {
  const { host } = store;
  const { missing } = await placeDirectory(host, store.directory, store.property);
  const foreign = await foreignNames(
    store,
    desired.files.map((file) => file.name),
    desired.takeOver,
  );
  const found = await look(store);
  const resumed = isUnfinished(found);
  const current = await findRevision(store, found.current);
  const fits =
    current !== undefined && current.damage.length === 0 && isMadeFrom(store, current.manifest, desired.files);
  if (current !== undefined && fits && foreign.length === 0) {
    const staged = { id: current.id, fingerprintSha256: desired.fingerprintSha256 };
    const intact = (await brokenNames(store, current.manifest)).length === 0;
    await removeLeftovers(store);
    if (intact && !resumed) {
      await refreshOwner(store, staged.fingerprintSha256);
      return { ...staged, settled: true, resumed: false };
    }
    await prepare(store, { staged, manifest: current.manifest });
    return { ...staged, settled: false, resumed };
  }

  const contents = await Promise.all(desired.files.map(async (file) => ({ ...file, bytes: await file.content() })));
  await makeHome(store, missing);
  await removeLeftovers(store);
  const adopted = foreign.length === 0 ? undefined : await copyForAdoption(store, foreign, current);
  const manifest: Manifest = { fingerprintSha256: desired.fingerprintSha256, files: recordsOf(store, contents) };
  const id = await writeRevision(store, manifest, contents);
  const staged = { id, fingerprintSha256: desired.fingerprintSha256 };
  await prepare(store, { staged, manifest, ...(adopted === undefined ? {} : { adopted }) });
  return { ...staged, settled: false, resumed };
}

/** Prepares to switch to a revision that is still kept. */
export async function stageKeptRevision(store: Store, id: string): Promise<StagedRevision> {
  const kept = await findRevision(store, id);
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
  await foreignNames(store, Object.keys(kept.manifest.files), false);
  const found = await look(store);
  const { fingerprintSha256 } = kept.manifest;
  const staged = { id, ...(fingerprintSha256 === undefined ? {} : { fingerprintSha256 }) };
  const resumed = isUnfinished(found);
  if (found.current === id && !resumed && (await brokenNames(store, kept.manifest)).length === 0)
    return { ...staged, settled: true, resumed: false };
  await removeLeftovers(store);
  await prepare(store, { staged, manifest: kept.manifest });
  return { ...staged, settled: false, resumed };
}

/** Names at which something stands that is not this deployment's; those of its own revisions are, whatever stands there. */
async function foreignNames(store: Store, names: readonly string[], takeOver: boolean): Promise<string[]> {
  const found = await look(store);
  const own = new Set<string>();
  for (const id of [found.current, found.confirmed, found.previous]) {
    const revision = await findRevision(store, id);
    for (const name of Object.keys(revision?.manifest.files ?? {})) own.add(name);
  }
  const { id, resource } = store.instance;
  return namesToTakeOver(store.host, { directory: store.directory, names, resource, takeOver, id, own });
}
