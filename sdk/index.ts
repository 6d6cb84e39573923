export { Certificate, type CertificateArgs, type RenewalState, type RevocationReason } from "./resources/certificate";
export { CertificateAuthority, type CertificateAuthorityArgs } from "./resources/certificateAuthority";
export {
  CertificateSet,
  type CertificateSetArgs,
  type MemberArgs,
  type PermittedArgs,
} from "./resources/certificateSet";
export { SetMember, type DeployableCertificate } from "./resources/setMember";
export {
  CertificateDeployment,
  type CertificateDeploymentArgs,
  type CertificateToDeploy,
} from "./resources/certificateDeployment";
export {
  EndpointVerification,
  type EndpointVerificationArgs,
  type VerifiableCertificate,
  type VerifiedEndpointAddress,
} from "./resources/endpointVerification";
export { AcmeAccount, type AcmeAccountArgs } from "./resources/acmeAccount";
export type { SolverArgs } from "./resources/solvers";
export { type StandaloneArgs, standalone } from "./solvers/standalone";
export type { EndpointArgs } from "./resources/endpointArgs";
export type { EndpointProtocol } from "./verify/endpoint";
export type { TlsVersion } from "./verify/served";
export { type CaIssuerArgs, type Issuer, caIssuer, selfSigned } from "./resources/issuer";
export type { AdoptArgs, OnRenewalFailureArgs, PrivateKeyArgs, RenewableArgs } from "./resources/arguments";
export type { KeyAlgorithm } from "./keys/algorithms";
export type { DistinguishedName } from "./x509/distinguishedName";
export type { ExtendedKeyUsage, KeyUsage } from "./x509/extensions";
export type { NameConstraints, NameSubtrees } from "./x509/nameConstraints";
export { type Pkcs12Args, pkcs12 } from "./keystores/pkcs12";
export type { KeystoreArgs } from "./keystores/registry";
export { type FilesArgs, type FilesTarget, files } from "./targets/files";
export { CertificatesError, type ErrorCode } from "./errors";
