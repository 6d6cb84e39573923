import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { explained } from "../explain";
import { refuseUncovered } from "../hosts";
import { checked } from "../refuse";
import { transformed } from "../transform";
import { verified } from "../verified";
import { checkDomainNameArguments, checkSecurityPolicy } from "./apiGateway/checks";
import { type AttachedCertificate, attach, isToImport, refuseUnknown } from "./acm/attachedCertificate";
import { domainNameExplanations } from "./bindingExplanations";
import { arnIn } from "./acm/certificateArn";
import { type MutualTls, writeClientTrust } from "./apiGateway/clientTrust";
import { checkedCloudFrontKey } from "./cloudFrontKey";
import { cloudFrontRegion } from "./cloudFrontTls";
import { tagsOf } from "./tags";
import type { ApiGatewayDomainNameArgs } from "./apiGateway/args";

/** A domain name of one kind or the other, and what DNS needs of it. */
interface MadeDomainName {
  readonly resource: aws.apigateway.DomainName | aws.apigatewayv2.DomainName;
  readonly targetDomainName: pulumi.Output<string>;
  readonly hostedZoneId: pulumi.Output<string>;
}

/**
 * A custom domain name of API Gateway with its certificate, and with the trust bundle of its clients where they present
 * certificates, too. APIs are mapped to it by `aws.apigateway.BasePathMapping` or `aws.apigatewayv2.ApiMapping`.
 *
 * A rotation imports the certificate anew under the same ARN: the domain name shows no difference. A certificate that ACM
 * wants to be a new one updates the domain name before the old one is deleted. What API Gateway would refuse ends the
 * preview. Deleting it deletes the domain name, what it imported and the bundle.
 *
 * @example
 * const api = new Certificate("api", { issuer: selfSigned(), dnsNames: ["api.example.com"] });
 * const domain = new ApiGatewayDomainName("api", { domainName: "api.example.com", certificate: api, kind: "http" });
 * new aws.route53.Record("api", {
 *   zoneId: "Z0123456789ABCDEFGHIJ",
 *   name: domain.domainName,
 *   type: "A",
 *   aliases: [{ name: domain.targetDomainName, zoneId: domain.hostedZoneId, evaluateTargetHealth: false }],
 * });
 */
export class ApiGatewayDomainName extends pulumi.ComponentResource {
  /** The domain name, for mappings and records. */
  readonly domainName: pulumi.Output<string>;
  /** ARN of the domain name. */
  readonly arn: pulumi.Output<string>;
  /** What the DNS record of the domain name points to. */
  readonly targetDomainName: pulumi.Output<string>;
  /** The hosted zone of the target, for an alias record. */
  readonly hostedZoneId: pulumi.Output<string>;
  /** The certificate in ACM. */
  readonly certificateArn: pulumi.Output<string>;

  constructor(name: string, args: ApiGatewayDomainNameArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:aws:ApiGatewayDomainName", name, {}, options);
    checkDomainNameArguments(args);
    const attached = this.attach(name, args);
    const mutualTls = this.writeTrust(name, args);
    const { resource, targetDomainName, hostedZoneId } =
      args.kind === "http"
        ? this.createHttp(name, args, attached.arn, mutualTls)
        : this.createRest(name, args, attached.arn, mutualTls);
    if (args.verify !== undefined) refuseUnknown([attached]);
    if (attached.certificate) verified(name, attached.certificate, args.verify, this, [resource]);

    this.domainName = resource.domainName;
    this.arn = resource.arn;
    this.targetDomainName = targetDomainName;
    this.hostedZoneId = hostedZoneId;
    this.certificateArn = attached.arn;
    this.registerOutputs({
      // Beside the domain name, so that it is known in previews that do not know the names of the certificate.
      domainName: checked(pulumi.all([this.domainName, attached.dnsNames]), ([covered, dnsNames]) =>
        refuseUncovered("domainName", covered, dnsNames),
      ).apply(([covered]) => covered),
      ...(args.endpointType === "edge" && { served: checkedCloudFrontKey(attached.certificate) }),
      arn: this.arn,
      targetDomainName,
      hostedZoneId,
      certificateArn: this.certificateArn,
    });
  }

  private attach(name: string, args: ApiGatewayDomainNameArgs): AttachedCertificate {
    const { certificate, tags, owner, transform } = args;
    const region = args.endpointType === "edge" ? cloudFrontRegion : args.region;
    const imports = {
      ...(region !== undefined && { region }),
      ...(tags && { tags }),
      ...(owner && { owner }),
      ...(transform?.certificate && { transform: { certificate: transform.certificate } }),
    };
    const place = region ?? (isToImport(certificate) ? undefined : this.region(args));
    return attach(`${name}-certificate`, certificate, place, imports, this, "certificate");
  }

  /** The region of the domain name, for certificates that are in several. */
  private region({ region }: ApiGatewayDomainNameArgs): pulumi.Input<string> {
    return region ?? aws.getRegionOutput({}, { parent: this }).region;
  }

  private writeTrust(name: string, args: ApiGatewayDomainNameArgs): MutualTls | undefined {
    const { clientTrust, region, tags, owner, transform } = args;
    if (clientTrust === undefined) return undefined;
    const allTags = tagsOf(tags, owner);
    const more = { ...(region && { region }), ...(allTags && { tags: allTags }), transform: transform?.clientTrust };
    return writeClientTrust(name, clientTrust, more, this);
  }

  private createRest(
    name: string,
    args: ApiGatewayDomainNameArgs,
    arn: pulumi.Output<string>,
    mutualTls: MutualTls | undefined,
  ): MadeDomainName {
    const isEdge = args.endpointType === "edge";
    const { endpointAccessMode } = args;
    const properties: aws.apigateway.DomainNameArgs = {
      ...this.common(args),
      domainName: args.domainName,
      ...(isEdge ? { certificateArn: arn } : { regionalCertificateArn: arn }),
      endpointConfiguration: { types: isEdge ? "EDGE" : "REGIONAL" },
      securityPolicy: policyOf(args),
      ...(endpointAccessMode !== undefined && { endpointAccessMode }),
      ...(mutualTls && { mutualTlsAuthentication: mutualTls }),
      ...this.ownership(args),
    };
    const options = explained("aws domain name", domainNameExplanations, { parent: this });
    const resource = new aws.apigateway.DomainName(
      ...transformed(args.transform?.domainName, name, properties, options),
    );
    return {
      resource,
      targetDomainName: isEdge ? resource.cloudfrontDomainName : resource.regionalDomainName,
      hostedZoneId: isEdge ? resource.cloudfrontZoneId : resource.regionalZoneId,
    };
  }

  private createHttp(
    name: string,
    args: ApiGatewayDomainNameArgs,
    certificateArn: pulumi.Output<string>,
    mutualTls: MutualTls | undefined,
  ): MadeDomainName {
    const properties: aws.apigatewayv2.DomainNameArgs = {
      ...this.common(args),
      domainName: args.domainName,
      domainNameConfiguration: {
        certificateArn,
        endpointType: "REGIONAL",
        securityPolicy: policyOf(args),
        ...this.ownership(args),
      },
      ...(mutualTls && { mutualTlsAuthentication: mutualTls }),
    };
    const options = explained("aws domain name", domainNameExplanations, { parent: this });
    const resource = new aws.apigatewayv2.DomainName(
      ...transformed(args.transform?.httpDomainName, name, properties, options),
    );
    // A unit test's mocks give the inputs back, without what DNS needs.
    const { domainNameConfiguration: made } = resource;
    return {
      resource,
      targetDomainName: made.apply((configuration) => configuration.targetDomainName),
      hostedZoneId: made.apply((configuration) => configuration.hostedZoneId),
    };
  }

  private common({
    region,
    tags,
    owner,
  }: ApiGatewayDomainNameArgs): Pick<aws.apigateway.DomainNameArgs, "region" | "tags"> {
    const allTags = tagsOf(tags, owner);
    return { ...(region !== undefined && { region }), ...(allTags && { tags: allTags }) };
  }

  private ownership(args: ApiGatewayDomainNameArgs): { ownershipVerificationCertificateArn?: pulumi.Output<string> } {
    const { ownershipCertificate } = args;
    if (ownershipCertificate === undefined) return {};
    const arn = pulumi
      .output(this.region(args))
      .apply((region) => arnIn(ownershipCertificate, region, "ownershipCertificate"));
    return { ownershipVerificationCertificateArn: arn };
  }
}

function policyOf(args: ApiGatewayDomainNameArgs): pulumi.Output<string> {
  return checked(args.securityPolicy ?? "TLS_1_2", (policy) => checkSecurityPolicy(policy, args));
}
