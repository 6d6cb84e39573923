import type { KeyObject } from "node:crypto";
import type { DistinguishedName } from "./distinguishedName";
import type { ExtendedKeyUsage, KeyUsage } from "./extensions";
import type { NameConstraints } from "./nameConstraints";
import type { SubjectNames } from "./names";

/** What a certificate is to say. */
export interface CertificateTemplate {
  subject: DistinguishedName;
  names: SubjectNames;
  publicKey: KeyObject;
  /** Cut to whole seconds. */
  notBefore: Date;
  /** Cut to whole seconds. */
  notAfter: Date;
  /** Big-endian, positive, at most 20 bytes. @default 16 bytes, of which 126 bits are random */
  serialNumber?: Uint8Array;
  /** @default `digitalSignature`, for RSA also `keyEncipherment`; for a CA `keyCertSign` and `cRLSign` */
  keyUsages?: KeyUsage[];
  /** Names or dotted object identifiers. @default `serverAuth`; for a CA none, which restricts nothing */
  extendedKeyUsages?: ExtendedKeyUsage[];
  /** Makes it a CA certificate. */
  ca?: { pathLength?: number; nameConstraints?: NameConstraints };
  /** Where the revocation list of the issuer is found. */
  crlUrls?: string[];
  /** Where the issuer's certificate is found (caIssuers). */
  issuerUrls?: string[];
  /** Where the issuer's OCSP responder is found. */
  ocspUrls?: string[];
  /** Object identifiers of the policies it was issued under. */
  policies?: string[];
  /** The SHA-256 of a key authorization, 32 bytes: makes the certificate an answer to tls-alpn-01 (RFC 8737, 3). */
  acmeIdentifier?: Uint8Array;
}
