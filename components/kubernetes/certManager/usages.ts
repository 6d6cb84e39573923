import * as pulumi from "@pulumi/pulumi";
import type { CertificateArgs } from "../../../sdk";
import { refusal } from "../../refuse";

const usages: ReadonlyMap<string, string> = new Map([
  ["digitalSignature", "digital signature"],
  ["nonRepudiation", "content commitment"],
  ["keyEncipherment", "key encipherment"],
  ["dataEncipherment", "data encipherment"],
  ["keyAgreement", "key agreement"],
  ["keyCertSign", "cert sign"],
  ["cRLSign", "crl sign"],
  ["encipherOnly", "encipher only"],
  ["decipherOnly", "decipher only"],
]);

const purposes: ReadonlyMap<string, string> = new Map([
  ["serverAuth", "server auth"],
  ["clientAuth", "client auth"],
  ["codeSigning", "code signing"],
  ["emailProtection", "email protection"],
  ["timeStamping", "timestamping"],
  ["OCSPSigning", "ocsp signing"],
  ["anyExtendedKeyUsage", "any"],
  ["1.3.6.1.5.5.7.3.1", "server auth"],
  ["1.3.6.1.5.5.7.3.2", "client auth"],
  ["1.3.6.1.5.5.7.3.3", "code signing"],
  ["1.3.6.1.5.5.7.3.4", "email protection"],
  ["1.3.6.1.5.5.7.3.5", "ipsec end system"],
  ["1.3.6.1.5.5.7.3.6", "ipsec tunnel"],
  ["1.3.6.1.5.5.7.3.7", "ipsec user"],
  ["1.3.6.1.5.5.7.3.8", "timestamping"],
  ["1.3.6.1.5.5.7.3.9", "ocsp signing"],
]);

type UsageArgs = Pick<CertificateArgs, "keyUsages" | "extendedKeyUsages" | "privateKey">;

/** Both kinds of usages in one list, which cert-manager has for them. Those that are not given are ours, not its own. */
export function usageFields({ keyUsages, extendedKeyUsages, privateKey: key }: UsageArgs): pulumi.Output<string[]> {
  return pulumi.all([keyUsages, extendedKeyUsages, key]).apply(([own, extended, pair]) => {
    const isRsa = pair?.algorithm?.startsWith("RSA") === true;
    const defaults = isRsa ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"];
    return [
      ...(own ?? defaults).map((usage, at) => named("keyUsages", at, usage, usages)),
      ...(extended ?? ["serverAuth"]).map((usage, at) => named("extendedKeyUsages", at, usage, purposes)),
    ];
  });
}

function named(list: string, at: number, usage: string, names: ReadonlyMap<string, string>): string {
  const name = names.get(usage);
  if (name !== undefined) return name;
  throw refusal(
    `${list}[${at}]`,
    `"${usage}" is no usage that cert-manager can ask for.`,
    "Take it out, or let this program issue the certificate: Certificate takes any object identifier.",
  );
}
