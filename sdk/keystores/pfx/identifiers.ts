/** The object identifiers of PKCS#12 (RFC 7292), PKCS#9 (RFC 2985), PKCS#5 (RFC 8018) and trust stores of Java. */
export const oid = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  keyBag: "1.2.840.113549.1.12.10.1.1",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  /** Oracle's mark of a certificate that Java trusts. */
  trustedKeyUsage: "2.16.840.1.113894.746875.1.1",
  anyExtendedKeyUsage: "2.5.29.37.0",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  pbeSha1TripleDes: "1.2.840.113549.1.12.1.3",
} as const;

/** Digests, as a MAC names them. */
export const digestOids = {
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

/** HMACs, as PBKDF2 names them. */
export const hmacOids = {
  sha1: "1.2.840.113549.2.7",
  sha256: "1.2.840.113549.2.9",
  sha384: "1.2.840.113549.2.10",
  sha512: "1.2.840.113549.2.11",
} as const;

/** AES in CBC mode, with the length of the key in bytes. */
export const aesOids = {
  "aes-128-cbc": { oid: "2.16.840.1.101.3.4.1.2", keyLength: 16 },
  "aes-192-cbc": { oid: "2.16.840.1.101.3.4.1.22", keyLength: 24 },
  "aes-256-cbc": { oid: "2.16.840.1.101.3.4.1.42", keyLength: 32 },
} as const;
