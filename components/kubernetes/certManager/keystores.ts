import type { KeystoreArgs } from "../../../sdk";
import { refusal } from "../../refuse";

/** The one file that cert-manager makes, with the name that it gives it. */
const file = "keystore.p12";

const profiles = { modern: "Modern2023", legacy: "LegacyDES" } as const;

/** A PKCS#12 keystore of ours as cert-manager makes it beside the certificate, with its trust store. */
export interface CertManagerKeystore {
  readonly profile: "Modern2023" | "LegacyDES";
  readonly password: KeystoreArgs["password"];
}

export function certManagerKeystore(keystores: Record<string, KeystoreArgs>): CertManagerKeystore | undefined {
  const names = Object.keys(keystores);
  for (const name of names)
    if (name !== file)
      throw refusal(
        `keystores["${name}"]`,
        `cert-manager makes one PKCS#12 keystore, under the key ${file} of the secret.`,
        `Call it "${file}", and let the pod mount that key under another name.`,
      );
  const keystore = keystores[file];
  if (keystore === undefined) return undefined;
  const property = `keystores["${file}"]`;
  if (keystore.kind !== "pkcs12")
    throw refusal(property, `cert-manager makes no ${String(keystore.kind)}.`, "Use pkcs12({ password }).");
  if (keystore.alias !== "certificate")
    throw refusal(`${property}.alias`, "cert-manager gives the entry a name of its own.", "Leave it out.");
  return { profile: profiles[keystore.encryption], password: keystore.password };
}
