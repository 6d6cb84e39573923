import { invalidArgument } from "../errors";
import type { KeystoreContents, KeystoreKind, KeystoreMaterial, WithPassword } from "./define";
import { pkcs12Keystore } from "./pkcs12";

/** Every kind of keystore. A new kind is one file and one line here. */
export const keystoreKinds = [pkcs12Keystore] as const;

type SpecOf<Kind> = Kind extends KeystoreKind<infer Spec> ? Spec : never;

/** The plain data of a keystore of any kind, without its password. */
export type KeystoreSpec = SpecOf<(typeof keystoreKinds)[number]>;

/** A keystore as the factories (`pkcs12(…)`) return it. */
export type KeystoreArgs = WithPassword<KeystoreSpec>;

const kindsByName: ReadonlyMap<string, KeystoreKind<KeystoreSpec>> = new Map(
  keystoreKinds.map((kind) => [kind.kind, kind]),
);

function kindNamed(kind: unknown, property: string): KeystoreKind<KeystoreSpec> {
  const found = typeof kind === "string" ? kindsByName.get(kind) : undefined;
  if (found !== undefined) return found;
  throw invalidArgument(
    `${property}.kind`,
    `${JSON.stringify(kind) ?? "nothing"} is no kind of keystore.`,
    `Use one of: ${[...kindsByName.keys()].join(", ")}.`,
  );
}

/** Throws `InvalidArgument` for a keystore that can never be made; `property` is its path in the arguments. */
export function validateKeystore(spec: KeystoreSpec, property: string): void {
  kindNamed(spec.kind, property).validate(spec, property);
}

/** Throws `InvalidArgument` for a password that the kind cannot take. The message never holds the password. */
export function validateKeystorePassword(spec: KeystoreSpec, password: string, property: string): void {
  kindNamed(spec.kind, property).validatePassword(password, `${property}.password`);
}

/** What the files of a keystore usually end in: `.p12`. */
export function keystoreExtension(spec: KeystoreSpec): string {
  return kindNamed(spec.kind, "keystore").fileExtension;
}

/** Writes a private key, its certificate and the chain into a keystore. */
export async function createKeystore(spec: KeystoreSpec, material: KeystoreMaterial): Promise<Uint8Array> {
  const kind = kindNamed(spec.kind, "keystore");
  kind.validate(spec, "keystore");
  kind.validatePassword(material.password, "keystore.password");
  return kind.create(spec, material);
}

/** Opens a keystore and says what is in it, without its secrets. */
export async function readKeystore(
  kind: KeystoreSpec["kind"],
  keystore: Uint8Array,
  password: string,
): Promise<KeystoreContents> {
  return kindNamed(kind, "keystore").read(keystore, password);
}
