import { invalidArgument } from "../errors";
import { define, type WithPassword } from "./define";
import { readPfx } from "./pfx/readPfx";
import { pfxEncryptions, writePfx, type PfxEncryption } from "./pfx/writePfx";

/** How a PKCS#12 keystore is protected; docs/keystores.md lists which programs read which. */
export type Pkcs12Encryption = PfxEncryption;

/** The plain data of a PKCS#12 keystore. */
export interface Pkcs12Spec {
  readonly kind: "pkcs12";
  readonly encryption: Pkcs12Encryption;
  readonly alias: string;
}

/** Arguments of `pkcs12`. */
export interface Pkcs12Args extends WithPassword<unknown> {
  /**
   * `modern`: AES-256-CBC under PBES2 with PBKDF2-HMAC-SHA-256, and a SHA-256 MAC (RFC 7292, RFC 8018).
   * `legacy`: triple DES and SHA-1, only for readers that cannot do better: Windows before Server 2019 and Windows 10
   * 1709, macOS keychain before 26, Java before 8u301, 11.0.12 and 12. Its protection is weak: treat such a file like
   * the bare private key. Changing it writes the keystore again and leaves the certificate as it is.
   * @default modern
   */
  readonly encryption?: Pkcs12Encryption;
  /**
   * The entry's name: the alias in Java (which reads it in lower case), the friendly name in Windows. 1 to 128
   * characters, no control characters. Changing it writes the keystore again and leaves the certificate as it is.
   * @default certificate
   */
  readonly alias?: string;
}

/**
 * A PKCS#12 keystore (`.p12`, `.pfx`; RFC 7292) of the private key, its certificate and the intermediates, in one entry.
 * It is written whenever the certificate is. OpenSSL, Java, Windows and Node.js read it; Java 8 and later need no JKS.
 */
export function pkcs12(args: Pkcs12Args): WithPassword<Pkcs12Spec> {
  return {
    kind: "pkcs12",
    encryption: args.encryption ?? "modern",
    alias: args.alias ?? "certificate",
    password: args.password,
  };
}

export const pkcs12Keystore = define<Pkcs12Spec>({
  kind: "pkcs12",
  fileExtension: ".p12",

  validate(spec, property) {
    if (!pfxEncryptions.includes(spec.encryption))
      throw invalidArgument(
        `${property}.encryption`,
        `${JSON.stringify(spec.encryption)} is no PKCS#12 encryption.`,
        `Use one of: ${pfxEncryptions.join(", ")}.`,
      );
    const { alias } = spec;
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (typeof alias !== "string" || alias.length < 1 || alias.length > 128 || /[\u0000-\u001f\u007f]/.test(alias))
      throw invalidArgument(
        `${property}.alias`,
        `${JSON.stringify(alias)} is no name for an entry.`,
        "Use 1 to 128 characters without control characters.",
      );
  },

  validatePassword(password, property) {
    if (typeof password !== "string" || password === "")
      throw invalidArgument(
        property,
        "is empty.",
        "Give a password: readers disagree on what an empty one means, and it protects nothing.",
      );
    // A lone half of a surrogate pair has no UTF-8 form: it does not survive the round trip.
    if (password.includes("\0") || Buffer.from(password, "utf8").toString("utf8") !== password)
      throw invalidArgument(
        property,
        "holds a character that no keystore password can have.",
        "Use characters of Unicode other than NUL.",
      );
  },

  create: (spec, material) => writePfx(spec, material),
  read: (keystore, password) => readPfx(Buffer.from(keystore), password),
});
