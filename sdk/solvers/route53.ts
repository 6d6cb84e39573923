import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { clientPerSpec } from "./cloud/clients";
import { cloudSolver } from "./cloud/cloudSolver";
import { parseCredential } from "./cloud/credential";
import { parseEndpoint } from "./cloud/endpoint";
import { Route53Api, type Route53Spec } from "./cloud/route53Client";
import { optionalText, propertiesOf, shown } from "./description";
import { type DnsArgs, dnsArgNames, parseDnsArgs } from "./dns/options";
import { defineSolver } from "./solver";

/** Arguments of `route53`. Changing any of them takes effect with the next order. */
export interface Route53Args extends DnsArgs {
  /**
   * The hosted zone, such as `Z2FDTNDATAQYW2`: for credentials that must not list zones, or a name that has several.
   * @default the public zone with the longest name that holds the record
   */
  readonly hostedZoneId?: Input<string>;
  /** Region whose endpoint is asked, `cn-northwest-1` in China. @default "us-east-1", of all regions but China's */
  readonly region?: Input<string>;
  /**
   * Access key id. Leave it out to use what the environment offers: variables, a profile, web identity, the instance.
   * @default the default credentials of the AWS SDK
   */
  readonly accessKeyId?: Input<string>;
  /** Its secret; needed with accessKeyId. Kept out of the state; changing it takes effect with the next order. @default none */
  readonly secretAccessKey?: Input<string>;
  /** For temporary credentials. A secret. @default none */
  readonly sessionToken?: Input<string>;
  /** A role to assume with the credentials, `arn:aws:iam::123456789012:role/dns`. @default none */
  readonly roleArn?: Input<string>;
  /** What the role's trust policy asks for as sts:ExternalId. @default none */
  readonly externalId?: Input<string>;
  /** Base URL of the API. @default the region's */
  readonly endpoint?: Input<string>;
  /** Base URL of STS, for roleArn. @default the region's */
  readonly stsEndpoint?: Input<string>;
}

/** What `route53` returns. */
export type Route53Solver = Route53Args & { readonly kind: "route53" };

/**
 * Answers dns-01 with TXT records in hosted zones of Amazon Route 53 (RFC 8555, 8.4). Values of others in the same
 * record set stay, also those that come while it is changed. Needs the package `@aws-sdk/client-route-53`, and
 * `@aws-sdk/client-sts` for roleArn. The credentials need route53:ListResourceRecordSets and
 * route53:ChangeResourceRecordSets for the zone, route53:GetChange, and route53:ListHostedZonesByName without
 * hostedZoneId.
 */
export function route53(args: Route53Args = {}): Route53Solver {
  return { kind: "route53", ...args };
}

const texts = {
  region: [/^[a-z]{2}(-[a-z]+)+-\d$/, "region", "us-east-1"],
  accessKeyId: [/^\w{4,128}$/, "access key id", "AKIA…"],
  roleArn: [/^arn:[\w-]+:iam::\d{12}:role\/\S+$/, "ARN of a role", "arn:aws:iam::123456789012:role/dns"],
  externalId: [/^[\w+=,.@:/-]{2,1224}$/, "external id", "the text of the role's trust policy"],
  hostedZoneId: [/^(\/hostedzone\/)?[A-Z0-9]{1,32}$/, "id of a hosted zone", "Z2FDTNDATAQYW2"],
} as const;

function parse(value: unknown, property: string): Route53Spec {
  const known = [...Object.keys(texts), "secretAccessKey", "sessionToken", "endpoint", "stsEndpoint", ...dnsArgNames];
  const given = propertiesOf(value, property, { name: "route53", known });
  const text = (name: keyof typeof texts): string | undefined => {
    const [pattern, what, example] = texts[name];
    const found = optionalText(given[name], `${property}.${name}`, `Give one such as ${example}.`);
    if (found === undefined || pattern.test(found)) return found;
    throw invalidArgument(`${property}.${name}`, `${shown(found)} is no ${what}.`, `Give one such as ${example}.`);
  };
  const url = (name: "endpoint" | "stsEndpoint", example: string): string | undefined =>
    given[name] === undefined ? undefined : parseEndpoint(given[name], `${property}.${name}`, example);
  const secret = (name: "secretAccessKey" | "sessionToken"): string | undefined =>
    parseCredential(given[name], `${property}.${name}`, "that of AWS");
  const spec = {
    region: text("region") ?? "us-east-1",
    accessKeyId: text("accessKeyId"),
    secretAccessKey: secret("secretAccessKey"),
    sessionToken: secret("sessionToken"),
    roleArn: text("roleArn"),
    externalId: text("externalId"),
    hostedZoneId: text("hostedZoneId")?.replace("/hostedzone/", ""),
    endpoint: url("endpoint", "https://route53.amazonaws.com"),
    stsEndpoint: url("stsEndpoint", "https://sts.us-east-1.amazonaws.com"),
    dns: parseDnsArgs(given, property),
  };
  if (spec.accessKeyId === undefined && (spec.secretAccessKey ?? spec.sessionToken) !== undefined) {
    throw invalidArgument(`${property}.accessKeyId`, "is missing.", "Give it with secretAccessKey, or leave both out.");
  }
  return spec;
}

/** dns-01 by Route 53. */
export const route53Solver = defineSolver<Route53Spec, Route53Solver>({
  kind: "route53",
  factory: route53,
  secrets: ["secretAccessKey", "sessionToken"],
  parse,
  ...cloudSolver(clientPerSpec((spec: Route53Spec) => new Route53Api(spec))),
});
