export { AcmCertificate, type AcmCertificateArgs } from "./acmCertificate";
export { ApiGatewayDomainName, type ApiGatewayDomainNameArgs } from "./apiGatewayDomainName";
export type { CertificateForAws } from "./attachedCertificate";
export { type AcmCertificateLike } from "./certificateArn";
export type { NamedCertificate } from "./certificateKey";
export type { ClientTrustArgs, ClientTrustBundleArgs, ClientTrustStoreArgs } from "./clientTrust";
export { CloudFrontTls, type CloudFrontTlsArgs, type ViewerCertificate } from "./cloudFrontTls";
export { ImportedCertificate, type ImportedCertificateArgs } from "./importedCertificate";
export { ListenerTls, type ListenerTlsArgs } from "./listenerTls";
export type { SecretField, SecretFormat } from "./secretFields";
export {
  type SecretReplicaArgs,
  SecretsManagerCertificate,
  type SecretsManagerCertificateArgs,
} from "./secretsManagerCertificate";
export type { TagsArgs } from "./tags";
export type { OwnerArgs } from "../owner";
export type { Transform } from "../transform";
export type { VerifyArgs } from "../verified";
