import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { CertificatesError } from "../../errors";
import { type Store, homeOfLink, revisionDirectory } from "./layout";
import type { Manifest } from "./manifest";
import { readOwner } from "./ownership";
import { type FileToWrite, recordsOf, writeRevision } from "./writeRevision";

/**
 * Copies what stands at the given public names, together with the rest of the current revision, into a revision of its
 * own: what is taken over can then be gone back to like everything else.
 */
export async function copyForAdoption(
  store: Store,
  id: string,
  names: readonly string[],
  current: { readonly id: string; readonly manifest: Manifest } | undefined,
): Promise<{ id: string; manifest: Manifest }> {
  const kept = Object.keys(current?.manifest.files ?? {}).filter((name) => !names.includes(name));
  const copies = await Promise.all([
    ...names.map((name) => copyOf(store, name, join(store.directory, name))),
    ...kept.map((name) => copyOf(store, name, join(revisionDirectory(store, current?.id ?? ""), name))),
  ]);
  const files = copies.flatMap((file) => file ?? []);
  const certificates = files.flatMap((file) => certificateIn(file.bytes) ?? []);
  const leaf = certificates.find((certificate) => !certificate.ca) ?? certificates[0];
  const fingerprintSha256 =
    (await announcedFingerprint(store, names)) ?? leaf?.fingerprint256.replaceAll(":", "").toLowerCase();
  const manifest: Manifest = {
    ...(fingerprintSha256 === undefined ? {} : { fingerprintSha256 }),
    files: recordsOf(store, files),
  };
  await writeRevision(store, id, manifest, files);
  return { id, manifest };
}

/** A file with its owner and mode; links are followed, undefined if they lead nowhere. */
async function copyOf(store: Store, name: string, path: string): Promise<FileToWrite | undefined> {
  const { host } = store;
  const real = await host.realPath(path);
  if (real === undefined) return undefined;
  const [entry, bytes] = await Promise.all([host.stat(real), host.read(real)]);
  if (entry === undefined || bytes === undefined) return undefined;
  const { uid } = await host.identity();
  if (uid !== 0 && entry.uid !== uid) {
    const hint = "Deploy as that user or as root.";
    throw new CertificatesError("ForeignFile", `${path} belongs to uid ${entry.uid}, which could not be kept.`, {
      hint,
    });
  }
  return { name, mode: entry.mode & 0o777, owner: { uid: entry.uid, gid: entry.gid }, source: "taken over", bytes };
}

/** What the deployment to which the names belonged until now said of its certificate: a keystore shows it to nobody. */
async function announcedFingerprint(store: Store, names: readonly string[]): Promise<string | undefined> {
  const { host } = store;
  for (const name of names) {
    const link = (await host.stat(join(store.directory, name)))?.link;
    const home = link === undefined ? undefined : homeOfLink(link, name);
    const owner = home === undefined ? undefined : await readOwner(host, join(store.store, home));
    if (owner?.fingerprintSha256 !== undefined) return owner.fingerprintSha256;
  }
  return undefined;
}

/** The first certificate of a PEM file; undefined for everything else, which is taken over as it is. */
function certificateIn(bytes: Uint8Array): X509Certificate | undefined {
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(
    Buffer.from(bytes).toString("latin1"),
  )?.[0];
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
