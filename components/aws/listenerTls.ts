import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { explained } from "../explain";
import { checked } from "../refuse";
import { transformed } from "../transform";
import { verified } from "../verified";
import { type AttachedCertificate, attach, refuseUnknown } from "./acm/attachedCertificate";
import { listenerExplanations } from "./bindingExplanations";
import { type KeyedCertificate, checkDistinct, keyed } from "./listener/certificateKey";
import type { ElbArn } from "./listener/elbArn";
import { existingListener } from "./listener/existingListener";
import { checkListenerArguments, parsedElbArn, protocolFor, writtenRegion } from "./listener/checks";
import { tagsOf } from "./tags";
import type { ListenerTlsArgs } from "./listener/args";

const defaultPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09";

/**
 * The HTTPS listener of an Application Load Balancer or the TLS listener of a Network Load Balancer with its certificates;
 * or certificates on a listener that somebody else manages.
 *
 * A rotation imports the certificate anew under the same ARN: the preview shows the certificate and its import, no
 * listener. A certificate that ACM wants to be a new one is attached before the old one is taken off and deleted; none
 * stays behind. Deleting it takes its certificates off the listener, or deletes the listener that it made.
 *
 * @example
 * const www = new Certificate("www", { issuer: selfSigned(), dnsNames: ["www.example.com"] });
 * const api = new Certificate("api", { issuer: selfSigned(), dnsNames: ["api.example.com"] });
 * new ListenerTls("https", {
 *   loadBalancerArn: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188",
 *   certificates: [www, api],
 *   defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
 * });
 */
export class ListenerTls extends pulumi.ComponentResource {
  /** The listener that was made; undefined with `listenerArn`. */
  readonly listener: aws.lb.Listener | undefined;
  /** The listener. */
  readonly listenerArn: pulumi.Output<string>;
  /** The ARN of the first certificate, which the owner of a foreign listener may take for its default. */
  readonly certificateArn: pulumi.Output<string>;
  /** The ARNs of all certificates, by their names. */
  readonly certificateArns: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: ListenerTlsArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:aws:ListenerTls", name, {}, options);
    const certificates = keyed("certificates", args.certificates);
    checkListenerArguments(args, certificates.length);
    const elb = parsedElbArn(args);

    const attached = this.attach(name, args, certificates, elb);
    const first = attached[0] as AttachedCertificate;
    this.listener = args.listenerArn !== undefined ? undefined : this.createListener(name, args, elb, first.arn);
    this.listenerArn = this.listener?.arn ?? existingListener(args.listenerArn ?? "", this);
    const entries = this.addCertificates(name, args, certificates, attached, elb);
    this.verify(name, args, certificates, attached, entries);

    this.certificateArn = first.arn;
    this.certificateArns = checked(pulumi.all(attached.map(({ arn }) => arn)), (arns) =>
      checkDistinct("certificates", arns),
    ).apply((arns) => Object.fromEntries(certificates.map(({ key }, index) => [key, arns[index] ?? ""])));
    this.registerOutputs({
      listenerArn: this.listenerArn,
      certificateArn: this.certificateArn,
      certificateArns: this.certificateArns,
    });
  }

  private attach(
    name: string,
    args: ListenerTlsArgs,
    certificates: readonly KeyedCertificate[],
    elb: pulumi.Output<ElbArn>,
  ): AttachedCertificate[] {
    const { tags, owner, transform } = args;
    const region = args.region ?? writtenRegion(args) ?? elb.region;
    const imports = {
      region,
      ...(tags && { tags }),
      ...(owner && { owner }),
      ...(transform?.certificate && { transform: { certificate: transform.certificate } }),
    };
    return certificates.map(({ key, certificate }, index) =>
      attach(`${name}-${key}`, certificate, region, imports, this, `certificates[${index}]`),
    );
  }

  private createListener(
    name: string,
    args: ListenerTlsArgs,
    elb: pulumi.Output<ElbArn>,
    certificateArn: pulumi.Output<string>,
  ): aws.lb.Listener {
    const { alpnPolicy, mutualAuthentication, tags, owner, transform } = args;
    const allTags = tagsOf(tags, owner);
    const listener: aws.lb.ListenerArgs = {
      loadBalancerArn: args.loadBalancerArn ?? "",
      region: elb.region,
      port: args.port ?? 443,
      protocol: protocolFor(args, elb),
      sslPolicy: args.sslPolicy ?? defaultPolicy,
      certificateArn,
      defaultActions: args.defaultActions ?? [],
      ...(alpnPolicy !== undefined && { alpnPolicy }),
      ...(mutualAuthentication !== undefined && { mutualAuthentication }),
      ...(allTags && { tags: allTags }),
    };
    const options = explained("aws listener", listenerExplanations, { parent: this });
    return new aws.lb.Listener(...transformed(transform?.listener, name, listener, options));
  }

  /**
   * The default certificate is in the list, too: when another one takes its place there, neither is absent for a moment,
   * and AWS leaves the one that was replaced to be taken off here.
   */
  private addCertificates(
    name: string,
    args: ListenerTlsArgs,
    certificates: readonly KeyedCertificate[],
    attached: readonly AttachedCertificate[],
    elb: pulumi.Output<ElbArn>,
  ): aws.lb.ListenerCertificate[] {
    return certificates.map(({ key }, index) => {
      const entry: aws.lb.ListenerCertificateArgs = {
        listenerArn: this.listenerArn,
        certificateArn: (attached[index] as AttachedCertificate).arn,
        region: elb.region,
      };
      const options = explained("aws listener", listenerExplanations, {
        parent: this,
        ...(this.listener && { deletedWith: this.listener }),
      });
      return new aws.lb.ListenerCertificate(
        ...transformed(args.transform?.listenerCertificate, `${name}-${key}`, entry, options),
      );
    });
  }

  private verify(
    name: string,
    { verify }: ListenerTlsArgs,
    certificates: readonly KeyedCertificate[],
    attached: readonly AttachedCertificate[],
    entries: readonly pulumi.Resource[],
  ): void {
    if (verify !== undefined) refuseUnknown(attached);
    certificates.forEach(({ key }, index) => {
      const { certificate } = attached[index] as AttachedCertificate;
      const how = typeof verify === "function" ? verify(key) : verify;
      if (certificate !== undefined) verified(`${name}-${key}`, certificate, how, this, entries);
    });
  }
}
