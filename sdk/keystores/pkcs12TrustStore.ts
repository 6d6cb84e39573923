import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { writeTrustPfx } from "./pfx/writeTrustPfx";

/** The plain data of a PKCS#12 trust store. */
export interface Pkcs12TrustStoreSpec {
  /** Which kind of content it is. */
  readonly kind: "pkcs12TrustStore";
  /** Whether it has a password, which the state does not tell. */
  readonly isProtected: boolean;
}

/** Arguments of `pkcs12TrustStore`. */
export interface Pkcs12TrustStoreArgs {
  /**
   * A write-only secret: printable ASCII, since Java reads no other. Java that is given no password finds no root at all
   * in a trust store that has one. Changing it writes the trust store again; of a certificate without its private key,
   * with the next deployment only.
   * @default none: Java opens it with any password and with none
   */
  readonly password?: Input<string>;
}

/** A PKCS#12 trust store as a program describes it. */
export type Pkcs12TrustStore = Pkcs12TrustStoreSpec & Pkcs12TrustStoreArgs;

/**
 * A PKCS#12 trust store of the roots of a certificate (`trustBundlePem`), as Java reads it: an entry of its own for each
 * root, no private key. It is written whenever the roots change.
 */
export function pkcs12TrustStore(args: Pkcs12TrustStoreArgs = {}): Pkcs12TrustStore {
  const { password } = args;
  const isProtected = password !== undefined;
  return { kind: "pkcs12TrustStore", isProtected, ...(isProtected && { password }) };
}

/** Throws `InvalidArgument` for what Java would not open; the password may be missing where only the shape counts. */
export function validateTrustStore(value: object, property: string): void {
  const { isProtected, password } = value as { isProtected?: unknown; password?: unknown };
  if (typeof isProtected !== "boolean")
    throw invalidArgument(property, "is no trust store.", "Use pkcs12TrustStore() or pkcs12TrustStore({ password }).");
  if (password !== undefined) assertJavaPassword(password, `${property}.password`);
}

/** Java reads a password character by character, and only printable ones of ASCII ("Password is not ASCII"). */
export function assertJavaPassword(password: unknown, property: string): asserts password is string {
  if (typeof password !== "string")
    throw invalidArgument(property, "is no text.", "Give the password as a secret text.");
  if (password === "")
    throw invalidArgument(property, "is empty.", "Give a password of at least 20 generated letters and digits.");
  if (/^[\x20-\x7e]+$/.test(password)) return;
  throw invalidArgument(
    property,
    "has characters that Java reads in no password of a keystore.",
    "Use printable ASCII: at least 20 generated letters and digits.",
  );
}

/** Writes the roots into a trust store. */
export function createTrustStore(rootsPem: string, password: string | undefined): Promise<Uint8Array> {
  return writeTrustPfx(rootsPem, password);
}
