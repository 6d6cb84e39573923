import { basename, dirname } from "node:path";
import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import type { Pkcs12Encryption } from "../keystores/pkcs12";
import { assertJavaPassword } from "../keystores/pkcs12TrustStore";
import { validateKeystore } from "../keystores/registry";
import { type CertificateAndKeyArgs, parseFilePath, pick, sharedNames } from "./certificateAndKey";
import type { CommandArgs } from "./commands";
import { type KeytoolSpec, assertKeytool, openWithKeytool, withKeytool } from "./keytool";
import { onFiles } from "./onFiles";
import { defineTarget } from "./target";

/** Arguments of `javaKeystore`. */
export interface JavaKeystoreArgs extends Omit<CertificateAndKeyArgs, "certificatePath" | "keyPath"> {
  /**
   * The absolute path of the PKCS#12 keystore, as the server's configuration names it. Its directory is made, with the
   * mode 0755, if it is missing. Changing it deploys to the new place, then ends the deployment in the old one as
   * `onDelete` says.
   */
  readonly path: Input<string>;
  /**
   * The password of the keystore and of the key in it: printable ASCII, since Java reads no other. A write-only secret;
   * it does not enter the state. Changing it deploys again, so change it in the server's configuration, too.
   */
  readonly password: Input<string>;
  /**
   * The name of the entry, which Java reads in lower case. 1 to 128 characters. Changing it deploys again.
   * @default "certificate"
   */
  readonly alias?: Input<string>;
  /**
   * `modern`: AES-256 and SHA-256, for Java 8u301, 11.0.12, 12 and later. `legacy`: triple DES and SHA-1 for older
   * ones, whose protection is weak. Changing it deploys again.
   * @default "modern"
   */
  readonly encryption?: Input<Pkcs12Encryption>;
  /**
   * The absolute path of a PKCS#12 trust store with the roots of the certificate, in the same directory and with the
   * same password, for a server that asks its clients for certificates: both change by one rename. Changing it deploys
   * again.
   * @default no trust store
   */
  readonly trustStorePath?: Input<string>;
  /**
   * The absolute path of the host's keytool, which must then open the new keystore before anything uses it: a Java too
   * old for its encryption is noticed with nothing changed. Leave it out for hosts with `sudo: true`. Changing it takes effect with the next deployment.
   * @default Java is not asked
   */
  readonly keytool?: Input<string>;
  /**
   * A command that must succeed once the path leads to the new keystore and before the server is told. If it fails, the
   * old keystore comes back. Changing it takes effect with the next deployment.
   * @default no such check
   */
  readonly check?: CommandArgs;
  /**
   * The command that makes the server read the keystore again. It runs only when the keystore changed. If it fails, the
   * old one comes back and it runs once more. Changing it takes effect with the next deployment.
   * @default none: the server watches its keystore
   */
  readonly reload?: CommandArgs;
}

/** A `javaKeystore` target in a program. */
export type JavaKeystoreTarget = JavaKeystoreArgs & { readonly kind: "javaKeystore" };

/**
 * The PKCS#12 keystore of a server in Java (Tomcat, Spring Boot, Jetty, Kafka, Elasticsearch), with the private key, its
 * certificate and the intermediates in one entry. It changes by one rename, and is written again only when something in
 * it changed. A server that watches its keystore needs no `reload`; give the deployment `endpoints`, so that it is seen
 * when the server keeps the old one.
 */
export function javaKeystore(args: JavaKeystoreArgs): JavaKeystoreTarget {
  return { ...args, kind: "javaKeystore" };
}

const onDisk = onFiles<JavaKeystoreTarget>({
  kind: "javaKeystore",
  factory: javaKeystore,
  known: ["path", "password", "alias", "encryption", "trustStorePath", "keytool", ...sharedNames, "check", "reload"],
  describe(given, property) {
    const { password, alias = "certificate", encryption = "modern" } = given;
    const path = parseFilePath(given.path, `${property}.path`, "/etc/app/tls/keystore.p12");
    const keystore = { kind: "pkcs12", alias: alias as string, encryption: encryption as Pkcs12Encryption } as const;
    validateKeystore(keystore, property);
    // A refresh and a deletion run without it.
    if (password !== undefined) assertJavaPassword(password, `${property}.password`);
    const trusts = trustStoreFile(given.trustStorePath, path, `${property}.trustStorePath`);
    const secret = password === undefined ? {} : { password };
    const roots = { kind: "pkcs12TrustStore", isProtected: true, ...secret };
    const each = <Value>(own: Value, other: Value): Record<string, Value> =>
      Object.fromEntries([[basename(path), own], ...trusts.map((name): [string, Value] => [name, other])]);
    return {
      directory: dirname(path),
      files: each<object>({ ...keystore, ...secret }, roots),
      properties: { directory: "path", files: each("path", "trustStorePath") },
      ...pick(given, [...sharedNames, "check", "reload"]),
    };
  },
});

export const javaKeystoreTarget = defineTarget<KeytoolSpec, JavaKeystoreTarget>({
  ...onDisk,
  parse: (value, property) => withKeytool(onDisk.parse(value, property), value, property),
  async preflight(spec, context) {
    await onDisk.preflight(spec, context);
    await assertKeytool(context.host, spec);
  },
  checkStaged: openWithKeytool,
});

/** The trust store beside the keystore, if there is one. */
function trustStoreFile(value: unknown, keystorePath: string, property: string): string[] {
  if (value === undefined) return [];
  const path = parseFilePath(value, property, "/etc/app/tls/truststore.p12");
  if (dirname(path) !== dirname(keystorePath)) {
    const problem = `"${path}" is not beside the keystore, in ${dirname(keystorePath)}.`;
    throw invalidArgument(property, problem, "Both change by one rename: put them in one directory.");
  }
  if (path === keystorePath)
    throw invalidArgument(property, `"${path}" is the keystore's path.`, "Give the trust store its own.");
  return [basename(path)];
}
