import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { OwnerArgs } from "../../owner";
import type { Transform } from "../../transform";
import type { VerifyArgs } from "../../verified";
import type { CertificateForAws } from "../acm/attachedCertificate";
import type { AcmCertificateLike } from "../acm/certificateArn";
import type { ClientTrustArgs } from "./clientTrust";
import type { ImportedCertificateArgs } from "../importedCertificate";
import type { TagsArgs } from "../tags";

/** Arguments of an {@link ApiGatewayDomainName}. */
export interface ApiGatewayDomainNameArgs {
  /** The custom domain name, covered by the certificate. Changing it **replaces**. */
  domainName: pulumi.Input<string>;
  /**
   * What the domain name serves. A `Certificate`, a member of a set and PEM are imported where it is needed; one that is
   * in ACM must be there. Another one **updates in place**.
   */
  certificate: CertificateForAws;
  /** The API that it is for: REST, or HTTP and WebSocket. Changing it **replaces**. @default `rest` */
  kind?: "rest" | "http";
  /** `edge`: through CloudFront, with a certificate in us-east-1. REST only. Changing it **updates in place**. @default `regional` */
  endpointType?: "regional" | "edge";
  /**
   * TLS versions and ciphers: `TLS_1_2`, which offers TLS 1.3, too, or for REST a policy such as
   * `SecurityPolicy_TLS13_1_3_2025_09`. Changing it **updates in place**. @default `TLS_1_2`
   */
  securityPolicy?: pulumi.Input<string>;
  /** How strictly requests must fit the domain name, with policies that begin with `SecurityPolicy_`. Changing it **updates in place**. @default needed with those, unknown to others */
  endpointAccessMode?: pulumi.Input<"STRICT" | "BASIC">;
  /**
   * Whose client certificates are asked for (mutual TLS): a bundle of roots that is written to a bucket, or one that is
   * there. Another bundle **updates in place**. @default clients are not asked for one
   */
  clientTrust?: ClientTrustArgs;
  /**
   * With `clientTrust` and an imported certificate, or with one of a private CA of AWS: a certificate for the same name
   * that ACM issued publicly, which proves whose domain it is. It is not served. Changing it **updates in place**.
   * @default none
   */
  ownershipCertificate?: AcmCertificateLike | pulumi.Input<string>;
  /** Where the domain name is. Changing it **replaces**. @default the provider's */
  region?: string;
  /** Tags of everything. Changing them **updates in place**. @default none */
  tags?: TagsArgs;
  /** Who it belongs to: tags `owner:…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** Where it must be served once the domain name has it, which needs its DNS record. Changing it **verifies again**. @default nothing is verified */
  verify?: VerifyArgs;
  /** A last word on the children. @default none */
  transform?: {
    /** The domain name with `kind: "rest"`. */
    domainName?: Transform<aws.apigateway.DomainNameArgs>;
    /** The domain name with `kind: "http"`. */
    httpDomainName?: Transform<aws.apigatewayv2.DomainNameArgs>;
    /** The bundle of `clientTrust`. */
    clientTrust?: Transform<aws.s3.BucketObjectv2Args>;
    /** The certificate that is imported. */
    certificate?: NonNullable<ImportedCertificateArgs["transform"]>["certificate"];
  };
}
