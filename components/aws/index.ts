export { AcmCertificate, type AcmCertificateArgs } from "./acmCertificate";
export { ApiGatewayDomainName } from "./apiGatewayDomainName";
export type { ApiGatewayDomainNameArgs } from "./apiGateway/args";
export type { CertificateForAws } from "./acm/attachedCertificate";
export { type AcmCertificateLike } from "./acm/certificateArn";
export type { NamedCertificate } from "./listener/certificateKey";
export type { ClientTrustArgs, ClientTrustBundleArgs, ClientTrustStoreArgs } from "./apiGateway/clientTrust";
export { CloudFrontTls, type CloudFrontTlsArgs, type ViewerCertificate } from "./cloudFrontTls";
export { ImportedCertificate, type ImportedCertificateArgs } from "./importedCertificate";
export { ListenerTls } from "./listenerTls";
export type { ListenerTlsArgs } from "./listener/args";
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
