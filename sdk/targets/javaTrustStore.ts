import { basename, dirname } from "node:path";
import type { Input } from "@pulumi/pulumi";
import { assertJavaPassword } from "../keystores/pkcs12TrustStore";
import { type CertificateAndKeyArgs, parseFilePath, pick } from "./certificateAndKey";
import type { CommandArgs } from "./commands";
import { type KeytoolSpec, assertKeytool, openWithKeytool, withKeytool } from "./keytool";
import { onFiles } from "./onFiles";
import { defineTarget } from "./target";

/** Arguments of `javaTrustStore`. */
export interface JavaTrustStoreArgs extends Omit<CertificateAndKeyArgs, "certificatePath" | "keyPath" | "keyMode"> {
  /**
   * The absolute path of the PKCS#12 trust store, as in `-Djavax.net.ssl.trustStore=…`. Its directory is made, with the
   * mode 0755, if it is missing. Changing it deploys to the new place, then ends the deployment in the old one as
   * `onDelete` says.
   */
  readonly path: Input<string>;
  /**
   * A write-only secret: printable ASCII, since Java reads no other. A Java that is not given it finds no root at all.
   * Changing it deploys again; of a certificate without its private key, with the next deployment only.
   * @default none: Java opens the trust store with any password and with none
   */
  readonly password?: Input<string>;
  /**
   * The permissions of the trust store, in octal digits. Changing it deploys again.
   * @default "0644"
   */
  readonly mode?: Input<string>;
  /**
   * The absolute path of the host's keytool, which must then find the roots in the new trust store before anything uses
   * it. Leave it out for hosts with `sudo: true`. Changing it takes effect with the next deployment.
   * @default Java is not asked
   */
  readonly keytool?: Input<string>;
  /**
   * A command that must succeed once the path leads to the new trust store and before the program is told. If it fails,
   * the old one comes back. Changing it takes effect with the next deployment.
   * @default no such check
   */
  readonly check?: CommandArgs;
  /**
   * The command that makes the program read the trust store again. It runs only when the trust store changed. If it
   * fails, the old one comes back and it runs once more. Changing it takes effect with the next deployment.
   * @default none: the program reads it when it starts, or watches it
   */
  readonly reload?: CommandArgs;
}

/** A `javaTrustStore` target in a program. */
export type JavaTrustStoreTarget = JavaTrustStoreArgs & {
  readonly kind: "javaTrustStore";
  /** Whether it has a password, which the state does not tell. */
  readonly isProtected: boolean;
};

/**
 * The roots of a certificate (`trustBundlePem`) in a PKCS#12 trust store for one program in Java. It holds these roots
 * and no others: a program that is told to use it trusts no public CA any more. No private key is written. It changes by
 * one rename, and is written again only when the roots changed.
 */
export function javaTrustStore(args: JavaTrustStoreArgs): JavaTrustStoreTarget {
  return { ...args, kind: "javaTrustStore", isProtected: args.password !== undefined };
}

const onDisk = onFiles<JavaTrustStoreTarget>({
  kind: "javaTrustStore",
  factory: javaTrustStore,
  known: ["path", "password", "isProtected", "mode", "keytool", "owner", "takeOver", "onDelete", "check", "reload"],
  describe(given, property) {
    const { password, isProtected = password !== undefined } = given;
    const path = parseFilePath(given.path, `${property}.path`, "/etc/app/tls/truststore.p12");
    if (password !== undefined) assertJavaPassword(password, `${property}.password`);
    const content = { kind: "pkcs12TrustStore", isProtected, ...(password === undefined ? {} : { password }) };
    return {
      directory: dirname(path),
      files: { [basename(path)]: content },
      properties: { directory: "path", files: { [basename(path)]: "path" } },
      ...pick(given, ["mode", "owner", "takeOver", "onDelete", "check", "reload"]),
    };
  },
});

export const javaTrustStoreTarget = defineTarget<KeytoolSpec, JavaTrustStoreTarget>({
  ...onDisk,
  parse: (value, property) => withKeytool(onDisk.parse(value, property), value, property),
  async preflight(spec, context) {
    await onDisk.preflight(spec, context);
    await assertKeytool(context.host, spec);
  },
  checkStaged: openWithKeytool,
});
