import type * as pulumi from "@pulumi/pulumi";
import { checked, refusal } from "../../refuse";
import { type ElbArn, parseElbArn } from "./elbArn";
import type { ListenerTlsArgs } from "./args";

/** Refuses what never works, before anything is registered. */
export function checkListenerArguments(args: ListenerTlsArgs, count: number): void {
  const { loadBalancerArn, listenerArn, maxCertificates = 25 } = args;
  if ((loadBalancerArn === undefined) === (listenerArn === undefined))
    throw refusal(
      "loadBalancerArn",
      loadBalancerArn === undefined ? "neither it nor listenerArn is given." : "it and listenerArn are both given.",
      "Give loadBalancerArn for a listener that this component makes, or listenerArn for one that is managed elsewhere.",
    );
  const written = listenerArn ?? loadBalancerArn;
  if (typeof written === "string") checkRegion(written, writtenRegion(args) ?? "", args.region);
  if (count === 0) throw refusal("certificates", "the list is empty.", "A listener needs at least one certificate.");
  if (count > maxCertificates)
    throw refusal(
      "certificates",
      `${count} certificates are more than the ${maxCertificates} that AWS allows on a load balancer.`,
      "Put several names into one certificate, or have the quota raised and give it as maxCertificates.",
    );
  if (listenerArn === undefined) {
    if (args.defaultActions === undefined)
      throw refusal(
        "defaultActions",
        "a listener needs to know what to do with requests.",
        `Give for example [{ type: "forward", targetGroupArn }].`,
      );
    return;
  }
  for (const property of ["defaultActions", "port", "sslPolicy", "alpnPolicy", "mutualAuthentication"] as const)
    if (args[property] !== undefined)
      throw refusal(property, "it belongs to the owner of the listener.", "Leave it out where listenerArn is given.");
}

/** The region that is known before any output is. */
export function writtenRegion({ loadBalancerArn, listenerArn }: ListenerTlsArgs): string | undefined {
  if (typeof listenerArn === "string") return parseElbArn(listenerArn, "listener").region;
  if (typeof loadBalancerArn === "string") return parseElbArn(loadBalancerArn, "loadbalancer").region;
  return undefined;
}

/** What the ARN says, once it is known to be one, in the region that the arguments name. */
export function parsedElbArn({ loadBalancerArn, listenerArn, region }: ListenerTlsArgs): pulumi.Output<ElbArn> {
  const kind = listenerArn === undefined ? "loadbalancer" : "listener";
  return checked(listenerArn ?? loadBalancerArn ?? "", (arn) => {
    checkRegion(arn, parseElbArn(arn, kind).region, region);
  }).apply((arn) => parseElbArn(arn, kind));
}

function checkRegion(arn: string, found: string, region: string | undefined): void {
  if (region === undefined || region === found) return;
  throw refusal("region", `${arn} is in ${found}, not in ${region}.`, `Give "${found}", or leave it out.`);
}

/** HTTPS or TLS; what the other kind of load balancer alone has is refused. */
export function protocolFor(args: ListenerTlsArgs, elb: pulumi.Output<ElbArn>): pulumi.Output<string> {
  return checked(elb, ({ type }) => {
    if (type === "app" && args.alpnPolicy !== undefined)
      throw refusal("alpnPolicy", "an Application Load Balancer negotiates HTTP/2 by itself.", "Leave it out.");
    if (type === "net" && args.mutualAuthentication !== undefined)
      throw refusal(
        "mutualAuthentication",
        "a Network Load Balancer does not ask clients for certificates.",
        "Use an Application Load Balancer, or let the targets end TLS.",
      );
  }).apply(({ type }) => (type === "app" ? "HTTPS" : "TLS"));
}
