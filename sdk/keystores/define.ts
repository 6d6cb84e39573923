import type { Input } from "@pulumi/pulumi";

/** What goes into a keystore. */
export interface KeystoreMaterial {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  /** The intermediates, issuer after issuer; empty for a self-signed certificate. */
  readonly chainPem: string;
  readonly password: string;
}

/** What is in a keystore, without its secrets: enough to tell whether it is the one that was deployed. */
export interface KeystoreContents {
  /** The name of the entry; undefined if it has none. */
  readonly alias: string | undefined;
  /** SHA-256 of each certificate in hexadecimal: the private key's own first, then the others in their order. */
  readonly fingerprintsSha256: readonly string[];
  /** Whether the private key is the one that the first certificate certifies. */
  readonly keyMatches: boolean;
}

/** A keystore as a program describes it: the plain data of its kind, and the password that protects it. */
export type WithPassword<Spec> = Spec & {
  /**
   * A write-only secret, not empty; Java reads none outside ASCII, so use letters and digits, at least 20 generated ones.
   * Changing it writes the keystore again and leaves the certificate as it is.
   */
  readonly password: Input<string>;
};

/** Everything the package needs to know about one kind of keystore. */
export interface KeystoreKind<Spec extends { readonly kind: string }> {
  readonly kind: Spec["kind"];
  /** What its files usually end in, with the dot. */
  readonly fileExtension: string;
  /** Throws `InvalidArgument` for a description that can never work; `property` is its path in the arguments. */
  validate(spec: Spec, property: string): void;
  /** Throws `InvalidArgument` for a password that the format or its usual readers cannot take. */
  validatePassword(password: string, property: string): void;
  /** Writes the keystore. Two keystores from the same input differ, their salts are random. */
  create(spec: Spec, material: KeystoreMaterial): Promise<Uint8Array>;
  /**
   * Opens a keystore. A wrong password throws `InvalidArgument` for the property `password`; bytes that are no such
   * keystore, or were changed, throw `MalformedInput`.
   */
  read(keystore: Uint8Array, password: string): Promise<KeystoreContents>;
}

/** Makes a kind for the registry in registry.ts. */
export function define<Spec extends { readonly kind: string }>(kind: KeystoreKind<Spec>): KeystoreKind<Spec> {
  return Object.freeze(kind);
}
