import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { OwnerArgs } from "../../owner";
import type { Transform } from "../../transform";
import type { VerifyArgs } from "../../verified";
import type { CertificateForAws } from "../acm/attachedCertificate";
import type { NamedCertificate } from "./certificateKey";
import type { ImportedCertificateArgs } from "../importedCertificate";
import type { TagsArgs } from "../tags";

/** Arguments of a {@link ListenerTls}. */
export interface ListenerTlsArgs {
  /**
   * What the listener serves: each by SNI to the clients that ask for one of its names, the first one to all others, too.
   * Adding, removing and reordering them **updates in place** and leaves the others alone; a `Certificate`, a member of a
   * set and PEM are imported into ACM. On a listener of another owner (`listenerArn`) none of them is the default.
   */
  certificates: readonly (CertificateForAws | NamedCertificate)[];
  /** The Application or Network Load Balancer that gets the listener. Changing it **replaces**. @default with `listenerArn` none */
  loadBalancerArn?: pulumi.Input<string>;
  /**
   * A listener that is managed elsewhere: certificates are added to it and taken from it by SNI, and nothing else of it is
   * touched. Its owner may take `certificateArn` for its default. Changing it **replaces** the entries.
   * @default a listener is made on `loadBalancerArn`
   */
  listenerArn?: pulumi.Input<string>;
  /** What the listener does with requests, such as `[{ type: "forward", targetGroupArn }]`. Changing them **updates in place**. @default needed for a listener of its own */
  defaultActions?: aws.lb.ListenerArgs["defaultActions"];
  /** The TCP port. Changing it **updates in place**. @default 443 */
  port?: pulumi.Input<number>;
  /** TLS versions and ciphers, by the name of an Elastic Load Balancing security policy. Changing it **updates in place**. @default `ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09`: TLS 1.3 and 1.2 with forward secrecy, and hybrid post-quantum key exchange */
  sslPolicy?: pulumi.Input<string>;
  /** HTTP/2 on a Network Load Balancer. Changing it **updates in place**. @default none is negotiated */
  alpnPolicy?: pulumi.Input<"HTTP1Only" | "HTTP2Only" | "HTTP2Optional" | "HTTP2Preferred" | "None">;
  /** Client certificates on an Application Load Balancer, with an `aws.lb.TrustStore`. Changing it **updates in place**. @default clients are not asked for one */
  mutualAuthentication?: aws.lb.ListenerArgs["mutualAuthentication"];
  /** The quota of the account for certificates of a load balancer, which AWS raises on request. Changing it changes only what is refused. @default 25 */
  maxCertificates?: number;
  /** Where the load balancer is, and what is imported goes. Changing it **replaces**. @default the region in the load balancer's ARN */
  region?: string;
  /** Tags of the listener and of what is imported. Changing them **updates in place**. @default none */
  tags?: TagsArgs;
  /** Who it belongs to: tags `owner:…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /**
   * Where the certificates must be served once they are all in place; a function says it for each by its name. Only what
   * did not come as an ARN is verified. Changing it **verifies again**. @default nothing is verified
   */
  verify?: VerifyArgs | ((name: string) => VerifyArgs | undefined);
  /** A last word on the children. @default none */
  transform?: {
    /** The listener. */
    listener?: Transform<aws.lb.ListenerArgs>;
    /** Each certificate of it; the third argument of a function tells them apart. */
    listenerCertificate?: Transform<aws.lb.ListenerCertificateArgs>;
    /** Each certificate that is imported. */
    certificate?: NonNullable<ImportedCertificateArgs["transform"]>["certificate"];
  };
}
