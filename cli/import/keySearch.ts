import { createPublicKey, type KeyObject } from "node:crypto";
import { dirname } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { parsePrivateKey, spkiSha256 } from "../../sdk/keys/pem";
import { glob } from "./glob";
import { readTextFile, UnreadableFile } from "./textFile";

/** Larger files hold no single key. */
const hasKey = /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/;

/**
 * Finds the files of private keys by what is in them: names differ from tool to tool. Every folder is read once. Of
 * several files with the same key the first by name counts.
 */
export class KeySearch {
  private readonly folders = new Map<string, Map<string, string>>();
  private readonly given: Map<string, string>;

  /** @param patterns further files to look into. */
  constructor(patterns: readonly string[]) {
    this.given = keysIn(patterns.flatMap(glob));
  }

  /** The file with the key of a certificate: among the given ones, else beside the certificate. */
  find(spki: string, certificatePath?: string): string | undefined {
    const known = this.given.get(spki);
    if (known !== undefined || certificatePath === undefined) return known;
    const folder = dirname(certificatePath);
    let keys = this.folders.get(folder);
    if (keys === undefined) this.folders.set(folder, (keys = keysIn(glob(folder))));
    return keys.get(spki);
  }
}

function keysIn(paths: readonly string[]): Map<string, string> {
  const keys = new Map<string, string>();
  for (const path of paths) {
    const key = keyIn(path);
    if (key === undefined) continue;
    const spki = spkiSha256(createPublicKey(key));
    if (!keys.has(spki)) keys.set(spki, path);
  }
  return keys;
}

/** The one private key that a file holds; what is encrypted, unreadable or something else is passed over. */
function keyIn(path: string): KeyObject | undefined {
  try {
    const text = readTextFile(path) ?? "";
    return hasKey.test(text) ? parsePrivateKey(text, path) : undefined;
  } catch (error) {
    if (error instanceof UnreadableFile || CertificatesError.is(error)) return undefined;
    throw error;
  }
}
