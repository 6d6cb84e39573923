import { createHmac } from "node:crypto";
import { CertificatesError, invalidArgument } from "../errors";
import { type KeystoreSpec, createKeystore, validateKeystore, validateKeystorePassword } from "../keystores/registry";
import { canonicalJson } from "./canonical";
import type { Credentials } from "./define";
import type { CertificateOutputs } from "./issuance";
import { hasUnknown, isUnknown } from "./unknown";

/** Keystores by name; their passwords are credentials. */
export type KeystoreInputs = Readonly<Record<string, KeystoreSpec>>;

function passwordsOf(credentials: Credentials): Record<string, string> {
  return (credentials.keystores ?? {}) as Record<string, string>;
}

/** Checks descriptions and, as far as they are known, passwords. */
export function assertKeystores(
  keystores: KeystoreInputs | undefined,
  credentials: Credentials,
  hasKey: boolean,
): void {
  if (keystores === undefined || isUnknown(keystores)) return;
  if (!hasKey) {
    throw invalidArgument(
      "keystores",
      "a keystore holds the private key, and here is none.",
      "Leave out keystores where the key comes with a CSR or is not adopted.",
    );
  }
  const passwords = passwordsOf(credentials);
  for (const [name, spec] of Object.entries(keystores)) {
    if (hasUnknown(spec)) continue;
    validateKeystore(spec, `keystores["${name}"]`);
    const password = passwords[name];
    if (password !== undefined) validateKeystorePassword(spec, password, `keystores["${name}"]`);
  }
}

/**
 * Tells whether keystores or their passwords changed, without being a hash of them: it is keyed with the private key,
 * which is as secret as the keystore itself and long enough that nothing can be guessed from the result.
 */
export function keystoreMarker(
  keystores: KeystoreInputs | undefined,
  { keystores: passwords }: Credentials,
  privateKeyPem: string | undefined,
): string | undefined {
  if (privateKeyPem === undefined || passwords === undefined) return undefined;
  return createHmac("sha256", privateKeyPem).update(canonicalJson({ keystores, passwords })).digest("base64");
}

interface WrittenKeystores {
  readonly keystoreFiles?: Record<string, string>;
  readonly passwordMarker?: string;
}

/** Writes every keystore, as base64. Those of `previous`, of the same certificate, stay if nothing in them changed. */
export async function keystoreOutputs(
  keystores: KeystoreInputs | undefined,
  credentials: Credentials,
  { privateKeyPem, certificatePem, chainPem }: CertificateOutputs,
  previous?: WrittenKeystores,
): Promise<WrittenKeystores> {
  if (keystores === undefined || privateKeyPem === undefined) return {};
  const marker = keystoreMarker(keystores, credentials, privateKeyPem);
  if (previous?.keystoreFiles && previous.passwordMarker !== undefined && previous.passwordMarker === marker) {
    return { keystoreFiles: previous.keystoreFiles, passwordMarker: previous.passwordMarker };
  }
  const passwords = passwordsOf(credentials);
  const written = Object.entries(keystores).map(async ([name, spec]): Promise<[string, string]> => {
    const password = passwords[name];
    if (password === undefined) {
      throw new CertificatesError(
        "CredentialsMissing",
        `The password of keystores["${name}"] did not reach the certificate.`,
        {
          hint: 'Remove ignoreChanges on "credentials" or "*".',
        },
      );
    }
    const bytes = await createKeystore(spec, { privateKeyPem, certificatePem, chainPem, password });
    return [name, Buffer.from(bytes).toString("base64")];
  });
  return {
    keystoreFiles: Object.fromEntries(await Promise.all(written)),
    ...(marker === undefined ? {} : { passwordMarker: marker }),
  };
}
