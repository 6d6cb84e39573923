export { Certificate, type CertificateArgs, type RenewalState } from "./resources/certificate";
export { CertificateAuthority, type CertificateAuthorityArgs } from "./resources/certificateAuthority";
export { type CaIssuerArgs, type Issuer, caIssuer, selfSigned } from "./resources/issuer";
export type { AdoptArgs, OnRenewalFailureArgs, PrivateKeyArgs, RenewableArgs } from "./resources/arguments";
export { pkcs12 } from "./keystores/pkcs12";
export { CertificatesError, type ErrorCode } from "./errors";
