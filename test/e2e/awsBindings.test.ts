import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { changedLines, createStack, type Stack } from "../support/engine";
import { AwsCloud, account } from "../support/plugins/aws/awsCloud";
import { awsPlugin } from "../support/plugins/aws/awsPlugin";
import { listOf } from "../support/plugins/aws/xml";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { repository } from "../support/provide";
import { daysFromNow } from "../support/renewals";
import { needs } from "../support/requirements";

const moto = needs("moto_server");
const links = { "@pulumi/aws": join(repository, "node_modules", "@pulumi", "aws") };
let cloud: AwsCloud;
let plugins: Plugins;

beforeAll(async () => {
  if (moto.program === "") return;
  cloud = await AwsCloud.start(moto.program);
  plugins = await startPlugins({ aws: awsPlugin(cloud) });
});
afterAll(async () => {
  await plugins?.stop();
  await cloud?.stop();
});

/** What an operation changes: `update acm.Certificate https-www` in ACM, `update Certificate www` of this package. */
const changed = (output: string) =>
  changedLines(output)
    .map(
      ({ op, type, name }) =>
        `${op.includes("replace") ? "replace" : op} ${type.replace(/^aws:(\w+):/, "$1.").replace(/^.*:/, "")} ${name}`,
    )
    .sort();

/** What a certificate in ACM says of itself. */
async function inAcm(arn: string): Promise<X509Certificate> {
  const [, region = ""] = /:acm:([^:]+):/.exec(arn) ?? [];
  const { Certificate: pem } = await cloud.askMoto("acm", region, "GetCertificate", { CertificateArn: arn });
  return new X509Certificate(pem);
}

moto.describe("the listeners of a load balancer", () => {
  const program = `
    const aws = require("@pulumi/aws");
    const { Certificate, CertificateAuthority } = require("pulumi-certificates");
    const { ImportedCertificate, ListenerTls } = require("pulumi-certificates/aws");
    const settings = JSON.parse(process.env.SETTINGS || "{}");
    const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
    const subnets = ["a", "b"].map((zone, index) => new aws.ec2.Subnet(zone,
      { vpcId: vpc.id, cidrBlock: "10.0." + index + ".0/24", availabilityZone: "eu-west-1" + zone }).id);
    const balancer = new aws.lb.LoadBalancer("balancer", { internal: true, subnets });
    const defaultActions = [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }];
    const root = new CertificateAuthority("root", { commonName: "Example Root" });
    const issuer = new CertificateAuthority("issuing", { commonName: "Example Issuing", issuer: root, pathLength: 0 });
    const certificate = (name) => new Certificate(name, { issuer, commonName: name + ".example", dnsNames: [name + ".example"],
      duration: "90d", triggers: { round: settings.round || "1" }, ...(settings[name] || {}) });
    const names = settings.names || ["www", "api"];
    const https = new ListenerTls("https", { loadBalancerArn: balancer.arn, defaultActions,
      certificates: names.map(certificate), owner: { team: "web" } });
    const owners = new ImportedCertificate("owners", { certificate: certificate("owners") });
    const owner = new aws.lb.Listener("owner", { loadBalancerArn: balancer.arn, port: 8443, protocol: "HTTPS",
      certificateArn: owners.arn, defaultActions });
    const guest = new ListenerTls("guest", { listenerArn: owner.arn, certificates: [certificate("shop")] });
    if (settings.more) new ListenerTls("more", settings.more);
    exports.arns = https.certificateArns;
    exports.listeners = [https.listenerArn, guest.listenerArn];
    exports.guest = guest.certificateArn;`;
  let stack: Stack;
  const env = (settings: object = {}) => ({ ...plugins.env, SETTINGS: JSON.stringify(settings) });

  /** Default certificate and list of a listener. */
  async function listed(listenerArn: string): Promise<{ default: string; list: string[] }> {
    const { Certificates } = await cloud.ask("elasticloadbalancing", "eu-west-1", "DescribeListenerCertificates", {
      ListenerArn: listenerArn,
    });
    const all = listOf(Certificates).map(({ CertificateArn, IsDefault }) => [CertificateArn, IsDefault === "true"]);
    return {
      default: all.find(([, isDefault]) => isDefault)?.[0],
      list: all
        .filter(([, isDefault]) => !isDefault)
        .map(([arn]) => arn)
        .sort(),
    };
  }

  test("two certificates on a listener of their own, one on that of another owner", async () => {
    stack = await createStack({ program, links });
    await stack.preview({ env: env() });
    await stack.up({ env: env() });
    const { arns, listeners, guest } = await stack.outputs();
    expect(await listed(listeners[0])).toEqual({ default: arns.www, list: [arns.www, arns.api].sort() });
    expect(await listed(listeners[1])).toEqual({ default: expect.not.stringContaining(guest), list: [guest] });
  });

  test("a rotation shows the certificates and their imports, and asks AWS for nothing else", async () => {
    const preview = await stack.preview({ env: { ...env(), PULUMI_CERTIFICATES_NOW: daysFromNow(70) } });
    const issued = ["www", "api", "owners", "shop"].map((name) => `update Certificate ${name}`);
    const imports = ["https-www", "https-api", "owners", "guest-shop"].map((name) => `update acm.Certificate ${name}`);
    expect(changed(preview.all)).toEqual([...issued, ...imports].sort());

    const before = await stack.outputs();
    const [start, serial] = [cloud.changes.length, (await inAcm(before.arns.www)).serialNumber];
    await stack.up({ env: env({ round: "2" }) });
    expect(cloud.changes.slice(start)).toEqual(Array(4).fill("acm:ImportCertificate"));
    expect(await stack.outputs()).toEqual(before);
    expect((await inAcm(before.arns.www)).serialNumber).not.toBe(serial);
  });

  const moved = { round: "2", names: ["api", "www", "new"], www: { privateKey: { algorithm: "ECDSA-P384" } } };

  test("another default, one more and one with another kind of key replace nothing but that one", async () => {
    const preview = await stack.preview({ env: env(moved) });
    expect(changed(preview.all)).toEqual(
      [
        "create Certificate new",
        "create ImportedCertificate https-new",
        "create acm.Certificate https-new",
        "create lb.ListenerCertificate https-new",
        "replace acm.Certificate https-www",
        "replace lb.ListenerCertificate https-www",
        "update Certificate www",
        "update lb.Listener https",
      ].sort(),
    );
  });

  test("a run that may not add certificates names the right, and the next one goes on where it ended", async () => {
    const before = await stack.outputs();
    const [listener] = before.listeners;
    const start = cloud.changes.length;
    cloud.failNext({ action: "AddListenerCertificates", code: "AccessDenied" });
    const failed = await stack.up({ env: env(moved), fails: true });
    expect(failed.all).toContain("Allow the action elasticloadbalancing:AddListenerCertificates on * in an IAM policy");
    // What was served is served still.
    expect((await listed(listener)).list).toEqual(expect.arrayContaining([before.arns.www, before.arns.api]));

    await stack.up({ env: env(moved) });
    const { arns } = await stack.outputs();
    expect(Object.keys(arns).sort()).toEqual(["api", "new", "www"]);
    expect(arns.api).toBe(before.arns.api);
    expect(await listed(listener)).toEqual({ default: arns.api, list: Object.values(arns).sort() });
    expect((await inAcm(arns.www)).publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1");
    await expect(inAcm(before.arns.www)).rejects.toThrow(/ResourceNotFoundException/);
    const changes = cloud.changes.slice(start);
    expect(changes.filter((change) => change === "acm:ImportCertificate")).toHaveLength(2);
    // Attached first, then taken off, then deleted.
    expect(changes.filter((change) => /ListenerCertificates|Delete/.test(change))).toEqual([
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
      "acm:DeleteCertificate",
    ]);
  });

  test("certificates that leave are taken off the listener and out of ACM, and it is not touched", async () => {
    const start = cloud.changes.length;
    await stack.up({ env: env({ round: "2", names: ["api"] }) });
    const { arns, listeners } = await stack.outputs();
    expect(await listed(listeners[0])).toEqual({ default: arns.api, list: [arns.api] });
    expect(cloud.changes.slice(start).sort()).toEqual([
      "acm:DeleteCertificate",
      "acm:DeleteCertificate",
      "elasticloadbalancing:RemoveListenerCertificates",
      "elasticloadbalancing:RemoveListenerCertificates",
    ]);
  });

  test("a preview refuses a listener that does not exist, and a certificate of another region", async () => {
    const gone = `arn:aws:elasticloadbalancing:eu-west-1:${account}:listener/app/gone/0123456789abcdef/0123456789abcdef`;
    const elsewhere = `arn:aws:acm:us-east-1:${account}:certificate/12345678-1234-1234-1234-123456789012`;
    const refused = async (more: object) =>
      (await stack.preview({ env: env({ round: "2", names: ["api"], more }), fails: true })).all;
    const notFound = await refused({ listenerArn: gone, certificates: [elsewhere.replace("us-east-1", "eu-west-1")] });
    expect(notFound).toMatch(new RegExp(`listenerArn: ${gone}: .*ListenerNotFound`));
    expect(notFound).toContain("There is no such listener in this account and region.");
    const misplaced = await refused({ listenerArn: gone, certificates: [elsewhere] });
    expect(misplaced).toContain(`certificates[0]: The certificate ${elsewhere} is in us-east-1`);
  });

  test("destroyed, it leaves nothing in ACM", async () => {
    await stack.destroy({ env: env() });
    const { CertificateSummaryList } = await cloud.askMoto("acm", "eu-west-1", "ListCertificates");
    expect(CertificateSummaryList).toEqual([]);
  });
});

moto.describe("distributions and domain names", () => {
  const program = `
    const aws = require("@pulumi/aws");
    const { Certificate, CertificateAuthority } = require("pulumi-certificates");
    const { ApiGatewayDomainName, CloudFrontTls, ImportedCertificate } = require("pulumi-certificates/aws");
    const { algorithm = "ECDSA-P256", generation = 1, round = "1", bad = false } = JSON.parse(process.env.SETTINGS);
    const root = new CertificateAuthority("root", { commonName: "Example Root" });
    const issuer = new CertificateAuthority("issuing", { commonName: "Example Issuing", issuer: root, pathLength: 0 });
    const clients = new CertificateAuthority("clients", { commonName: "Example Clients", generation });
    const certificate = (name, more) => new Certificate(name, { issuer, commonName: name + ".example",
      dnsNames: [name + ".example"], duration: "90d", triggers: { round }, privateKey: { algorithm }, ...more });

    const imported = new ImportedCertificate("site", { certificate: certificate("site"), regions: ["eu-west-1", "us-east-1"] });
    const site = new CloudFrontTls("site", { certificate: imported, aliases: ["site.example"] });
    const distribution = new aws.cloudfront.Distribution("site", {
      enabled: true, aliases: site.aliases, viewerCertificate: site.viewerCertificate,
      origins: [{ originId: "site", domainName: "site.s3.amazonaws.com" }],
      defaultCacheBehavior: { targetOriginId: "site", viewerProtocolPolicy: "redirect-to-https",
        allowedMethods: ["GET", "HEAD"], cachedMethods: ["GET", "HEAD"], cachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6" },
      restrictions: { geoRestriction: { restrictionType: "none" } },
    });

    const bucket = new aws.s3.Bucket("trust");
    const versions = new aws.s3.BucketVersioning("trust", { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } });
    const zone = new aws.route53.Zone("example", { name: "example" });
    const proof = new aws.acm.Certificate("proof", { domainName: "rest.example", validationMethod: "DNS" });
    const [option] = [proof.domainValidationOptions[0]];
    const record = new aws.route53.Record("proof", { zoneId: zone.zoneId, name: option.resourceRecordName,
      type: option.resourceRecordType, records: [option.resourceRecordValue], ttl: 60 });
    const validation = new aws.acm.CertificateValidation("proof",
      { certificateArn: proof.arn, validationRecordFqdns: [record.fqdn] });
    const rest = new ApiGatewayDomainName("rest", { domainName: "rest.example", certificate: certificate("rest"),
      clientTrust: { bucket: versions.bucket, trustBundlePem: clients.trustBundlePem },
      ownershipCertificate: validation.certificateArn });
    const http = new ApiGatewayDomainName("http", { kind: "http", domainName: "http.example", certificate: certificate("http") });
    const edge = new ApiGatewayDomainName("edge", { endpointType: "edge", domainName: "edge.example", certificate: certificate("edge") });
    if (bad) new CloudFrontTls("bad", { certificate: certificate("bad", { privateKey: { algorithm: "ECDSA-P384" } }), aliases: ["www.example"] });
    exports.distribution = distribution.id;
    exports.site = site.certificateArn;
    exports.arns = { rest: rest.certificateArn, http: http.certificateArn, edge: edge.certificateArn };
    exports.targets = [rest, http, edge].map((each) => each.targetDomainName);`;
  let stack: Stack;
  const env = (settings: object = {}) => ({ ...plugins.env, SETTINGS: JSON.stringify(settings) });
  const names = ["site", "rest", "http", "edge"];
  const imports = ["site-eu-west-1", "site-us-east-1", "rest-certificate", "http-certificate", "edge-certificate"];
  const domain = (service: string, domainName: string) =>
    cloud.ask(service, "eu-west-1", "GetDomainName", { domainName });

  test("a distribution, domain names of REST and HTTP APIs, one of them with client certificates", async () => {
    stack = await createStack({ program, links });
    await stack.up({ env: env() });
    const { distribution, site, arns, targets } = await stack.outputs();
    expect(site).toContain(":us-east-1:");
    const { DistributionConfig } = await cloud.ask("cloudfront", "us-east-1", "GetDistribution", { Id: distribution });
    expect(DistributionConfig.ViewerCertificate).toMatchObject({
      ACMCertificateArn: site,
      SSLSupportMethod: "sni-only",
      MinimumProtocolVersion: "TLSv1.2_2021",
    });
    expect(await domain("apigateway", "rest.example")).toMatchObject({
      certificateArn: arns.rest,
      mutualTls: {
        truststoreUri: expect.stringMatching(/^s3:\/\/trust-\w+\/rest\.pem$/),
        truststoreVersion: expect.any(String),
      },
    });
    expect(await domain("apigateway", "edge.example")).toMatchObject({
      endpointType: "EDGE",
      certificateArn: arns.edge,
    });
    expect(arns.edge).toContain(":us-east-1:");
    expect(await domain("apigatewayv2", "http.example")).toMatchObject({ certificateArn: arns.http });
    expect(targets).toEqual(Array(3).fill(expect.stringMatching(/amazonaws\.com$|cloudfront\.net$/)));
  });

  test("a rotation shows the certificates and their imports, and asks AWS for nothing else", async () => {
    const preview = await stack.preview({ env: { ...env(), PULUMI_CERTIFICATES_NOW: daysFromNow(70) } });
    expect(changed(preview.all)).toEqual(
      [
        ...names.map((name) => `update Certificate ${name}`),
        ...imports.map((name) => `update acm.Certificate ${name}`),
      ].sort(),
    );
    const start = cloud.changes.length;
    await stack.up({ env: env({ round: "2" }) });
    expect(cloud.changes.slice(start)).toEqual(imports.map(() => "acm:ImportCertificate"));
  });

  test("another kind of key and another root of the clients update in place, before the old certificates go", async () => {
    const settings = { round: "2", algorithm: "RSA-2048", generation: 2 };
    const preview = await stack.preview({ env: env(settings) });
    expect(changed(preview.all)).toEqual(
      [
        "update CertificateAuthority clients",
        ...names.map((name) => `update Certificate ${name}`),
        ...imports.map((name) => `replace acm.Certificate ${name}`),
        "update s3.BucketObjectv2 rest-trust",
        "update cloudfront.Distribution site",
        "update apigateway.DomainName rest",
        "update apigateway.DomainName edge",
        "update apigatewayv2.DomainName http",
      ].sort(),
    );
    const [before, start] = [await stack.outputs(), cloud.changes.length];
    const trusted = (await domain("apigateway", "rest.example")).mutualTls;
    await stack.up({ env: env(settings) });
    const after = await stack.outputs();
    const changes = cloud.changes.slice(start);
    expect(changes.slice(-imports.length)).toEqual(imports.map(() => "acm:DeleteCertificate"));
    expect(changes.filter((change) => change.includes(":Update")).sort()).toEqual([
      "apigateway:UpdateDomainName",
      "apigateway:UpdateDomainName",
      "apigatewayv2:UpdateDomainName",
      "cloudfront:UpdateDistribution",
    ]);
    expect(after.targets).toEqual(before.targets);
    for (const arn of [after.site, ...Object.values<string>(after.arns)])
      expect((await inAcm(arn)).publicKey.asymmetricKeyType).toBe("rsa");
    const trusts = (await domain("apigateway", "rest.example")).mutualTls;
    expect(trusts.truststoreVersion).not.toBe(trusted.truststoreVersion);
  });

  test("a preview refuses aliases that are not covered and keys that are not served, before anything is issued", async () => {
    const settings = { round: "2", algorithm: "RSA-2048", generation: 2, bad: true };
    const { all } = await stack.preview({ env: env(settings), fails: true });
    expect(all).toMatch(
      /aliases\[0\]: the certificate is not for "www\.example"|does not serve certificates with a key of the kind ECDSA-P384/,
    );
  });

  test("destroyed, it leaves nothing in ACM", async () => {
    await stack.destroy({ env: env() });
    for (const region of ["eu-west-1", "us-east-1"])
      expect((await cloud.askMoto("acm", region, "ListCertificates")).CertificateSummaryList).toEqual([]);
  });
});
