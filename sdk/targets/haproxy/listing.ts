import { join } from "node:path";
import { editList, isListed } from "./crtList";
import { HaproxyRuntime, type RuntimeCertificate, Unreachable } from "./runtime";
import type { Host } from "../hosts/host";
import { look } from "../revisions/inspect";
import type { Store } from "../revisions/layout";
import { readManifest } from "../revisions/manifest";

/** Writes the line of the crt-list. */
export async function list(host: Host, { crtList, certificatePath }: RuntimeCertificate): Promise<void> {
  if (crtList !== undefined) await editList(host, crtList, { add: certificatePath });
}

/** The same, and takes a new line out again if what is then done fails. */
export async function listFor(
  host: Host,
  { crtList, certificatePath }: RuntimeCertificate,
  then: () => Promise<void>,
): Promise<void> {
  if (crtList === undefined) return then();
  const wasListed = await isListed(host, crtList, certificatePath);
  if (!wasListed) await editList(host, crtList, { add: certificatePath });
  try {
    await then();
  } catch (error) {
    if (!wasListed) await editList(host, crtList, { remove: [certificatePath] });
    throw error;
  }
}

/** Takes the certificate out of the running HAProxy and of the crt-list: HAProxy starts with none that names a missing file. */
export async function delist(host: Host, at: RuntimeCertificate): Promise<void> {
  if (at.crtList === undefined) return;
  try {
    await new HaproxyRuntime(host, at).delist(at.crtList);
  } catch (error) {
    // One that does not run has nothing in its memory.
    if (!(error instanceof Unreachable)) throw error;
  }
  await editList(host, at.crtList, { remove: [at.certificatePath] });
}

/** The same for the names that the file had before, which are about to be removed. */
export async function delistFormer(store: Store, at: RuntimeCertificate): Promise<void> {
  if (at.crtList === undefined) return;
  const { confirmed } = await look(store);
  const before = confirmed === undefined ? undefined : await readManifest(store, confirmed);
  for (const name of Object.keys(before?.files ?? {})) {
    const certificatePath = join(store.directory, name);
    if (certificatePath !== at.certificatePath) await delist(store.host, { ...at, certificatePath });
  }
}
