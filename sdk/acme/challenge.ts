/** What a certificate can be ordered for (RFC 8555, 9.7.7; RFC 8738). */
export interface Identifier {
  readonly type: "dns" | "ip";
  /** A DNS name without `*.`, in its ASCII form, or an IP address. */
  readonly value: string;
}

/** Ways of proving control of an identifier (RFC 8555, 8; RFC 8737; draft-ietf-acme-dns-persist). */
export type ChallengeType = "http-01" | "dns-01" | "tls-alpn-01" | "dns-persist-01";

/** One challenge that is to be answered. */
export interface Challenge {
  readonly type: ChallengeType;
  readonly identifier: Identifier;
  /** Whether a wildcard name is to be proved: only by DNS. */
  readonly wildcard: boolean;
  readonly token: string;
  /** `token.thumbprint` (RFC 8555, 8.1): what http-01 serves. */
  readonly keyAuthorization: string;
  /** SHA-256 of the key authorization, base64url: the TXT value of dns-01, and in hexadecimal what tls-alpn-01 shows. */
  readonly digest: string;
  /** The account's URL and the CA's issuer domains, for dns-persist-01. */
  readonly accountUrl: string;
  readonly issuerDomainNames?: readonly string[];
}
