import { createCipheriv, createDecipheriv, createPrivateKey, hkdfSync, randomBytes } from "node:crypto";

/** Where an entry belongs: one that was written elsewhere cannot be opened. */
export interface JournalPlace {
  readonly directoryUrl: string;
  /** `project/stack`. */
  readonly stack: string;
  readonly resource: string;
}

const magic = Buffer.from("PCJ1");
const ivLength = 12;
const tagLength = 16;

export interface JournalCipher {
  seal(text: string): Buffer;
  /** Undefined for what was not sealed with this key in this place. */
  open(sealed: Buffer): string | undefined;
}

/** AES-256-GCM under a key that HKDF (RFC 5869) derives from the account's private key. */
export function journalCipher(accountKeyPem: string, place: JournalPlace): JournalCipher {
  const secret = createPrivateKey(accountKeyPem).export({ type: "pkcs8", format: "der" });
  const key = Buffer.from(hkdfSync("sha256", secret, "", "pulumi-certificates order journal 1", 32));
  const data = Buffer.concat([magic, Buffer.from(JSON.stringify([place.directoryUrl, place.stack, place.resource]))]);
  return {
    seal(text) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(data);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([magic, iv, body, cipher.getAuthTag()]);
    },
    open(sealed) {
      const start = magic.length + ivLength;
      const end = sealed.length - tagLength;
      if (end < start || !sealed.subarray(0, magic.length).equals(magic)) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(magic.length, start))
        .setAAD(data)
        .setAuthTag(sealed.subarray(end));
      const text = decipher.update(sealed.subarray(start, end));
      try {
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch {
        // The only thing that `final` refuses: another key, another place or other bytes.
        return undefined;
      }
    },
  };
}
