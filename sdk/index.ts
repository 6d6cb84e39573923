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
export { type KeySpec, keySpecOf } from "./resources/keySpec";
export { trustBundleOf } from "./resources/knownTrust";
export { DeploymentSet, type DeploymentSetArgs } from "./resources/deploymentSet";
export {
  EndpointVerification,
  type EndpointVerificationArgs,
  type VerifiableCertificate,
  type VerifiedEndpointAddress,
} from "./resources/endpointVerification";
export {
  AcmeAccount,
  type AcmeAccountArgs,
  type RateBudgetArgs,
  type RateLimitArg,
  type RateLimitArgs,
} from "./resources/acmeAccount";
export type { SolverArgs } from "./resources/solvers";
export { type AcmeDnsArgs, type AcmeDnsSolver, acmeDns } from "./solvers/acmeDns";
export { type AzureDnsArgs, type AzureDnsSolver, azureDns } from "./solvers/azureDns";
export { type CloudflareArgs, type CloudflareSolver, cloudflare } from "./solvers/cloudflare";
export { type DigitalOceanArgs, type DigitalOceanSolver, digitalOcean } from "./solvers/digitalOcean";
export { exec } from "./exec";
export type { ExecArgs, ExecSolver, ExecStyle } from "./solvers/exec";
export { type GoogleCloudDnsArgs, type GoogleCloudDnsSolver, googleCloudDns } from "./solvers/googleCloudDns";
export { type HttpReqArgs, type HttpReqSolver, httpReq } from "./solvers/httpReq";
export { type PersistentRecordArgs, type PersistentRecordSolver, persistentRecord } from "./solvers/persistentRecord";
export type { DnsArgs } from "./solvers/dns/options";
export type { SelfHostedArgs } from "./solvers/dns/selfHosted";
export type { TsigAlgorithm } from "./solvers/dns/tsig";
export { type PowerDnsArgs, type PowerDnsSolver, powerDns } from "./solvers/powerDns";
export { type Rfc2136Args, type Rfc2136Solver, rfc2136 } from "./solvers/rfc2136";
export { type Route53Args, type Route53Solver, route53 } from "./solvers/route53";
export { type StandaloneArgs, type StandaloneSolver, standalone } from "./solvers/standalone";
export { type WebrootArgs, type WebrootSolver, webroot } from "./solvers/webroot";
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
export { type Pkcs12TrustStore, type Pkcs12TrustStoreArgs, pkcs12TrustStore } from "./keystores/pkcs12TrustStore";
export type { KeystoreArgs } from "./keystores/registry";
export { type ApacheArgs, type ApacheTarget, apache } from "./targets/apache";
export type { CertificateAndKeyArgs } from "./targets/certificateAndKey";
export { type EnvoyArgs, type EnvoyTarget, envoy } from "./targets/envoy";
export type { ExecTarget, ExecTargetArgs } from "./targets/exec";
export type { HookStyle } from "./targets/exec/hook";
export { type F5Args, type F5Target, f5 } from "./targets/f5";
export { type FilesArgs, type FilesTarget, files } from "./targets/files";
export { type HaproxyArgs, type HaproxyTarget, haproxy } from "./targets/haproxy";
export { type JavaKeystoreArgs, type JavaKeystoreTarget, javaKeystore } from "./targets/javaKeystore";
export { type JavaTrustStoreArgs, type JavaTrustStoreTarget, javaTrustStore } from "./targets/javaTrustStore";
export { type NginxArgs, type NginxTarget, nginx } from "./targets/nginx";
export { type PostgresqlArgs, type PostgresqlTarget, postgresql } from "./targets/postgresql";
export { type TrustStoreArgs, type TrustStoreTarget, trustStore } from "./targets/trustStore";
export type { TrustSystemArgs } from "./targets/trustStore/system";
export { type SshArgs, type SshOptions, ssh } from "./targets/hosts/sshSpec";
export { type HostArgs, type LocalArgs, local } from "./targets/hosts/hostArgs";
export { CertificatesError, type ErrorCode } from "./errors";
