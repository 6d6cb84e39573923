import { basename, dirname, join } from "node:path";
import type { Input } from "@pulumi/pulumi";
import { CertificatesError, invalidArgument } from "../errors";
import type { Pkcs12Encryption } from "../keystores/pkcs12";
import { validateKeystore, validateKeystorePassword } from "../keystores/registry";
import { failureOf } from "../net/command";
import { type CertificateAndKeyArgs, parseFilePath, pick, sharedNames } from "./certificateAndKey";
import { type CommandArgs, assertRunnable } from "./commands";
import type { FilesSpec } from "./filesSpec";
import { onFiles } from "./onFiles";
import { openStore, revisionDirectory } from "./revisions/layout";
import { type Revision, type TargetContext, defineTarget } from "./target";

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
   * The absolute path of the host's keytool, which must then open the new keystore before anything uses it: a Java too
   * old for its encryption is noticed with nothing changed. Changing it takes effect with the next deployment.
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

/** A `javaKeystore` target as it was described: the file, and the program that can open it. */
export interface JavaKeystoreSpec extends FilesSpec {
  readonly keytool?: string;
}

const onDisk = onFiles<JavaKeystoreTarget>({
  kind: "javaKeystore",
  factory: javaKeystore,
  known: ["path", "password", "alias", "encryption", "keytool", ...sharedNames, "check", "reload"],
  describe(given, property) {
    const { password, alias = "certificate", encryption = "modern" } = given;
    const path = parseFilePath(given.path, `${property}.path`, "/etc/app/tls/keystore.p12");
    const keystore = { kind: "pkcs12", alias: alias as string, encryption: encryption as Pkcs12Encryption } as const;
    validateKeystore(keystore, property);
    // A refresh and a deletion run without it.
    if (password !== undefined) assertPassword(password, property);
    const content = { ...keystore, ...(password === undefined ? {} : { password }) };
    return {
      directory: dirname(path),
      files: { [basename(path)]: content },
      properties: { directory: "path", files: { [basename(path)]: "path" } },
      ...pick(given, [...sharedNames, "check", "reload"]),
    };
  },
});

export const javaKeystoreTarget = defineTarget<JavaKeystoreSpec, JavaKeystoreTarget>({
  ...onDisk,
  parse(value, property) {
    const files = onDisk.parse(value, property);
    const { keytool } = value as Record<string, unknown>;
    return keytool === undefined
      ? files
      : { ...files, keytool: parseFilePath(keytool, `${property}.keytool`, "/usr/bin/keytool") };
  },
  async preflight(spec, context) {
    await onDisk.preflight(spec, context);
    if (spec.keytool === undefined) return;
    await assertRunnable(context.host, { command: [spec.keytool], environment: {}, timeout: 0 }, "target.keytool");
  },
  checkStaged: (spec, staged, context) => openWithKeytool(spec, staged, context),
});

/** Java reads a password character by character, and only printable ones of ASCII ("Password is not ASCII"). */
function assertPassword(password: unknown, property: string): asserts password is string {
  if (typeof password !== "string")
    throw invalidArgument(`${property}.password`, "is no text.", "Give the password as a secret text.");
  validateKeystorePassword({ kind: "pkcs12", alias: "certificate", encryption: "modern" }, password, property);
  if (/^[\x20-\x7e]+$/.test(password)) return;
  throw invalidArgument(
    `${property}.password`,
    "has characters that Java reads in no password of a keystore.",
    "Use printable ASCII: at least 20 generated letters and digits.",
  );
}

/** Has the Java of the host open what is staged. The password goes through the standard input. */
async function openWithKeytool(spec: JavaKeystoreSpec, staged: Revision, context: TargetContext): Promise<void> {
  const [file] = spec.files;
  const content = typeof file?.content === "object" && "kind" in file.content ? file.content : undefined;
  if (spec.keytool === undefined || file === undefined || content?.password === undefined) return;
  const { host, instance } = context;
  const path = join(revisionDirectory(openStore(host, instance, spec.directory), staged.id), file.name);
  const command = [spec.keytool, "-list", "-keystore", path, "-storetype", "PKCS12", "-alias", content.alias];
  const options = { timeout: 60_000, secrets: [content.password] };
  const result = await host.run(command, { ...options, input: `${content.password}\n` });
  const failure = failureOf(command, result, options);
  if (failure === undefined) return;
  throw new CertificatesError("TargetRefused", failure, {
    hint: 'Java before 8u301, 11.0.12 and 12 needs encryption: "legacy".',
  });
}
