import { createHash, type KeyObject } from "node:crypto";
import { spkiOf } from "../keys/encoding";
import { boolean, namedBits, objectIdentifier, octetString, sequence } from "./der";
import { readOid, readNamedBits, readOnly, readSequence } from "./derReader";

/** In the order of their bits (RFC 5280 4.2.1.3). */
export const keyUsageNames = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** What a key may be used for (RFC 5280, 4.2.1.3). */
export type KeyUsage = (typeof keyUsageNames)[number];

/** The named extended key usages (RFC 5280 4.2.1.12). */
export const extendedKeyUsageOids = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  OCSPSigning: "1.3.6.1.5.5.7.3.9",
  anyExtendedKeyUsage: "2.5.29.37.0",
} as const;

/** One of the names, or any object identifier in dotted form. */
export type ExtendedKeyUsage = keyof typeof extendedKeyUsageOids | (string & {});

export const oids = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  certificatePolicies: "2.5.29.32",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extendedKeyUsage: "2.5.29.37",
  inhibitAnyPolicy: "2.5.29.54",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
  acmeIdentifier: "1.3.6.1.5.5.7.1.31",
  ocsp: "1.3.6.1.5.5.7.48.1",
  caIssuers: "1.3.6.1.5.5.7.48.2",
  extensionRequest: "1.2.840.113549.1.9.14",
} as const;

const true_ = boolean(true);

export function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return critical
    ? sequence(objectIdentifier(oid), true_, octetString(value))
    : sequence(objectIdentifier(oid), octetString(value));
}

export const encodeKeyUsages = (usages: readonly KeyUsage[]): Buffer =>
  namedBits(usages.map((usage) => keyUsageNames.indexOf(usage)));

export function decodeKeyUsages(value: Buffer): KeyUsage[] {
  return readNamedBits(readOnly(value, 0x03)).flatMap((bit) => keyUsageNames[bit] ?? []);
}

const oidOfUsage: ReadonlyMap<string, string> = new Map(Object.entries(extendedKeyUsageOids));
const usageOfOid: ReadonlyMap<string, string> = new Map(
  Object.entries(extendedKeyUsageOids).map(([name, oid]) => [oid, name]),
);

/** The object identifier of a usage; undefined if it is neither a known name nor an identifier. */
export const extendedKeyUsageOid = (usage: string): string | undefined => oidOfUsage.get(usage);

export const encodeExtendedKeyUsages = (usages: readonly ExtendedKeyUsage[]): Buffer =>
  sequence(...usages.map((usage) => objectIdentifier(oidOfUsage.get(usage) ?? usage)));

export function decodeExtendedKeyUsages(value: Buffer): ExtendedKeyUsage[] {
  return readSequence(value).map((each) => {
    const oid = readOid(each);
    return usageOfOid.get(oid) ?? oid;
  });
}

/** The key identifier of a public key: the first 160 bits of the SHA-256 of the key itself (RFC 7093, method 1). */
export function keyIdentifierOf(publicKey: KeyObject | Buffer): Buffer {
  const spki = Buffer.isBuffer(publicKey) ? publicKey : spkiOf(publicKey);
  const [, bits] = readSequence(spki);
  return createHash("sha256")
    .update((bits as NonNullable<typeof bits>).content.subarray(1))
    .digest()
    .subarray(0, 20);
}
