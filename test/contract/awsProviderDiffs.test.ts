import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AwsCloud } from "../support/plugins/aws/awsCloud";
import { awsPlugin } from "../support/plugins/aws/awsPlugin";
import { Declared, type Declare } from "../support/plugins/declared";
import type { PropertyValues } from "../support/plugins/propertyValues";
import { needs } from "../support/requirements";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../support/testCertificates";

interface Fixture {
  readonly resources: Readonly<Record<string, string>>;
  readonly scenarios: Readonly<Record<string, { readonly resources: Readonly<Record<string, ExpectedPlan>> }>>;
}
interface ExpectedPlan {
  readonly action: "update" | "replace";
  readonly changed?: readonly string[];
  readonly unknown?: readonly string[];
  readonly partlyUnknown?: readonly string[];
  readonly because?: readonly string[];
}

/** What a scenario says otherwise than the configuration that was applied. */
interface Settings {
  readonly main: TestCertificate;
  readonly other: TestCertificate;
  readonly chain: string;
  readonly tag: string;
  readonly bound: "main" | "other";
  readonly secret: string;
  readonly domain: string;
  readonly alternatives: readonly string[];
  readonly sslPolicy: string;
  readonly minimum: string;
  readonly security: string;
  readonly name: string;
  readonly ttl: number;
  readonly description: string;
}

const moto = needs("moto_server");
const fixture = JSON.parse(
  readFileSync(join(__dirname, "..", "fixtures", "aws-provider-diffs.json"), "utf8"),
) as Fixture;

moto.describe("what the stand-in plans is what the AWS provider plans", () => {
  let cloud: AwsCloud;
  let declared: Declared;
  let base: Settings;
  let renewed: TestCertificate;

  beforeAll(async () => {
    cloud = await AwsCloud.start(moto.program);
    const root = await createTestCa("Root");
    const issuing = await createTestCa("Issuing", root);
    const names = ["web", "edge", "regional", "v2", "edgex", "regionalx", "v2x"].map((name) => `${name}.example.com`);
    const issue = () => issueTestCertificate(issuing, { commonName: "web.example.com", dnsNames: names });
    renewed = await issue();
    base = {
      ...{ main: await issue(), other: await issue(), chain: issuing.certificatePem, tag: "one", bound: "main" },
      ...{ secret: "one", domain: "issued.example.com", alternatives: ["www.issued.example.com"] },
      ...{ sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06", minimum: "TLSv1.2_2021", security: "TLS_1_2" },
      ...{ name: "", ttl: 60, description: "one" },
    };
    const plugin = awsPlugin(cloud, { region: "us-east-1" });
    declared = new Declared(
      await plugin.configure({ region: "us-east-1", defaultTags: '{"tags":{"stack":"oracle"}}' }),
    );
    await declared.create((declare) => resources(declare, base));
  }, 60_000);
  afterAll(() => cloud.stop());

  const scenarios: Readonly<Record<string, () => [Partial<Settings>, string[]?]>> = {
    nothing: () => [{}],
    "body and key": () => [{ main: renewed }],
    chain: () => [{ chain: base.chain + base.main.rootPem }],
    tags: () => [{ tag: "two" }],
    "replaced certificate": () => [{}, ["aws_acm_certificate.main"]],
    "other certificate bound": () => [{ bound: "other" }],
    "secret string": () => [{ secret: "two" }],
    "domain name": () => [{ domain: "issued2.example.com", alternatives: ["www.issued2.example.com"] }],
    "alternative names": () => [{ alternatives: ["www.issued.example.com", "x.issued.example.com"] }],
    "security policies": () => [
      { sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", minimum: "TLSv1.2_2019", security: "TLS_1_0" },
    ],
    names: () => [{ name: "x" }],
    "ttl and description": () => [{ ttl: 300, description: "two" }],
  };

  test.each(Object.keys(fixture.scenarios))("%s", async (scenario) => {
    const [changes, replaced] = scenarios[scenario]!();
    const plans = await declared.plan((declare) => resources(declare, { ...base, ...changes }), replaced);
    const expected = fixture.scenarios[scenario]!.resources;
    for (const address of Object.keys(fixture.resources)) {
      const { action, changed, because, unknown } = plans.get(address)!;
      const real = expected[address];
      const found = { address, action, ...(action === "update" ? { changed, unknown } : {}) };
      if (real === undefined) expect(found).toEqual({ address, action: "none" });
      else if (real.action === "replace") {
        expect({ ...found, because }).toEqual({ address, action: "replace", because: named(real.because ?? []) });
      } else {
        const touched = named([...(real.changed ?? []), ...(real.unknown ?? []), ...(real.partlyUnknown ?? [])]);
        const notKnown = named([...(real.unknown ?? []), ...(real.partlyUnknown ?? [])]);
        expect(found).toEqual({ address, action: "update", changed: touched, unknown: notKnown });
      }
    }
  });
});

/** Terraform's names of attributes as Pulumi's. */
function named(attributes: readonly string[]): string[] {
  return attributes.map((name) => name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())).sort();
}

/** The configuration of which the fixture tells, in Pulumi's names. */
async function resources(
  declare: (...args: Parameters<Declare>) => Promise<PropertyValues>,
  settings: Settings,
): Promise<void> {
  const { chain, name } = settings;
  const parts = ({ certificatePem, privateKeyPem }: TestCertificate, certificateChain: string) => ({
    certificateBody: certificatePem,
    privateKey: privateKeyPem,
    certificateChain,
  });
  const main = await declare("aws_acm_certificate.main", "aws:acm/certificate:Certificate", {
    ...parts(settings.main, chain),
    tags: { name: settings.tag },
  });
  const other = await declare(
    "aws_acm_certificate.other",
    "aws:acm/certificate:Certificate",
    parts(settings.other, settings.main.chainPem),
  );
  const bound = (settings.bound === "main" ? main : other)["arn"];
  const issued = await declare("aws_acm_certificate.issued", "aws:acm/certificate:Certificate", {
    domainName: settings.domain,
    subjectAlternativeNames: settings.alternatives,
    validationMethod: "DNS",
  });
  const zone = await declare("aws_route53_zone.zone", "aws:route53/zone:Zone", { name: `example${name}.com` });
  await declare("aws_route53_record.plain", "aws:route53/record:Record", {
    ...{ zoneId: zone["zoneId"], name: `_plain${name}.example.com`, type: "CNAME", ttl: settings.ttl },
    ...{ records: ["a.acm-validations.aws."], allowOverwrite: true },
  });
  await validate(declare, issued, zone);
  await listeners(declare, settings, other["arn"], bound);
  await edges(declare, settings, bound);
  const secret = await declare("aws_secretsmanager_secret.secret", "aws:secretsmanager/secret:Secret", {
    ...{ name: `oracle${name}`, description: settings.description, recoveryWindowInDays: 7 },
  });
  await declare("aws_secretsmanager_secret_version.version", "aws:secretsmanager/secretVersion:SecretVersion", {
    ...{ secretId: secret["id"], secretString: settings.secret },
  });
}

type Declaring = (...args: Parameters<Declare>) => Promise<PropertyValues>;

/** The records that ACM waits for here, which the configuration did without: moto does not look for them. */
async function validate(declare: Declaring, issued: PropertyValues, zone: PropertyValues): Promise<void> {
  const options = issued["domainValidationOptions"] as PropertyValues[];
  for (const [index, option] of options.slice(0, 2).entries())
    await declare(`validation-${index}`, "aws:route53/record:Record", {
      ...{ zoneId: zone["zoneId"], name: option["resourceRecordName"], type: option["resourceRecordType"] },
      ...{ ttl: 60, records: [option["resourceRecordValue"]], allowOverwrite: true },
    });
  await declare("aws_acm_certificate_validation.issued", "aws:acm/certificateValidation:CertificateValidation", {
    certificateArn: issued["arn"],
  });
}

async function listeners(
  declare: Declaring,
  { sslPolicy, name }: Settings,
  other: string,
  bound: string,
): Promise<void> {
  const vpc = await declare("vpc", "aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" });
  const subnets: unknown[] = [];
  for (const [index, zone] of ["us-east-1a", "us-east-1b"].entries()) {
    const subnet = { vpcId: vpc["id"], cidrBlock: `10.0.${index + 1}.0/24`, availabilityZone: zone };
    subnets.push((await declare(`subnet-${index}`, "aws:ec2/subnet:Subnet", subnet))["id"]);
  }
  const balancer = await declare("aws_lb.lb", "aws:lb/loadBalancer:LoadBalancer", {
    ...{ name: `oracle${name}`, internal: true, subnets },
  });
  const group = await declare("aws_lb_target_group.group", "aws:lb/targetGroup:TargetGroup", {
    ...{ name: `oracle${name}`, port: 80, protocol: "HTTP", vpcId: vpc["id"] },
  });
  const common = {
    loadBalancerArn: balancer["arn"],
    protocol: "HTTPS",
    defaultActions: [{ type: "forward", targetGroupArn: group["arn"] }],
  };
  await declare("aws_lb_listener.https", "aws:lb/listener:Listener", {
    ...{ ...common, port: 443, sslPolicy, certificateArn: bound },
  });
  const sni = await declare("aws_lb_listener.sni", "aws:lb/listener:Listener", {
    ...{ ...common, port: 8443, certificateArn: other },
  });
  await declare("aws_lb_listener_certificate.sni", "aws:lb/listenerCertificate:ListenerCertificate", {
    ...{ listenerArn: sni["arn"], certificateArn: bound },
  });
}

async function edges(declare: Declaring, { minimum, security, name }: Settings, bound: string): Promise<void> {
  await declare("aws_cloudfront_distribution.cdn", "aws:cloudfront/distribution:Distribution", {
    enabled: true,
    aliases: ["web.example.com"],
    origins: [
      {
        originId: "origin",
        domainName: "origin.example.com",
        customOriginConfig: {
          ...{ httpPort: 80, httpsPort: 443, originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"] },
        },
      },
    ],
    defaultCacheBehavior: {
      ...{ allowedMethods: ["GET", "HEAD"], cachedMethods: ["GET", "HEAD"], targetOriginId: "origin" },
      ...{
        viewerProtocolPolicy: "redirect-to-https",
        forwardedValues: { queryString: false, cookies: { forward: "none" } },
      },
    },
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { acmCertificateArn: bound, sslSupportMethod: "sni-only", minimumProtocolVersion: minimum },
  });
  await declare("aws_api_gateway_domain_name.regional", "aws:apigateway/domainName:DomainName", {
    ...{ domainName: `regional${name}.example.com`, regionalCertificateArn: bound, securityPolicy: security },
    endpointConfiguration: { types: "REGIONAL" },
  });
  await declare("aws_api_gateway_domain_name.edge", "aws:apigateway/domainName:DomainName", {
    ...{ domainName: `edge${name}.example.com`, certificateArn: bound, endpointConfiguration: { types: "EDGE" } },
  });
  await declare("aws_apigatewayv2_domain_name.v2", "aws:apigatewayv2/domainName:DomainName", {
    domainName: `v2${name}.example.com`,
    domainNameConfiguration: { certificateArn: bound, endpointType: "REGIONAL", securityPolicy: "TLS_1_2" },
  });
}
