import { changedInAws, awsStandIn } from "../support/awsStandIn";
import { createStack, type Stack } from "../support/engine";
import { daysFromNow } from "../support/renewals";

const aws = awsStandIn();

aws.needed.describe("distributions and domain names", () => {
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
    if (bad) new CloudFrontTls("alias", { certificate: certificate("alias"), aliases: ["www.example"] });
    if (bad) new CloudFrontTls("key", { certificate: certificate("key", { privateKey: { algorithm: "ECDSA-P384" } }) });
    exports.distribution = distribution.id;
    exports.site = site.certificateArn;
    exports.arns = { rest: rest.certificateArn, http: http.certificateArn, edge: edge.certificateArn };
    exports.targets = [rest, http, edge].map((each) => each.targetDomainName);`;
  let stack: Stack;
  const names = ["site", "rest", "http", "edge"];
  const imports = ["site-eu-west-1", "site-us-east-1", "rest-certificate", "http-certificate", "edge-certificate"];
  const domain = (service: string, domainName: string) =>
    aws.cloud.ask(service, "eu-west-1", "GetDomainName", { domainName });

  test("a distribution, domain names of REST and HTTP APIs, one of them with client certificates", async () => {
    stack = await createStack({ program, links: aws.links });
    await stack.up({ env: aws.env() });
    const { distribution, site, arns, targets } = await stack.outputs();
    expect(site).toContain(":us-east-1:");
    const { DistributionConfig } = await aws.cloud.ask("cloudfront", "us-east-1", "GetDistribution", {
      Id: distribution,
    });
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
    const preview = await stack.preview({ env: { ...aws.env(), PULUMI_CERTIFICATES_NOW: daysFromNow(70) } });
    expect(changedInAws(preview.all)).toEqual(
      [
        ...names.map((name) => `update Certificate ${name}`),
        ...imports.map((name) => `update acm.Certificate ${name}`),
      ].sort(),
    );
    const start = aws.cloud.changes.length;
    await stack.up({ env: aws.env({ round: "2" }) });
    expect(aws.cloud.changes.slice(start)).toEqual(imports.map(() => "acm:ImportCertificate"));
  });

  test("another kind of key and another root of the clients update in place, before the old certificates go", async () => {
    const settings = { round: "2", algorithm: "RSA-2048", generation: 2 };
    const preview = await stack.preview({ env: aws.env(settings) });
    expect(changedInAws(preview.all)).toEqual(
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
    const [before, start] = [await stack.outputs(), aws.cloud.changes.length];
    const trusted = (await domain("apigateway", "rest.example")).mutualTls;
    await stack.up({ env: aws.env(settings) });
    const after = await stack.outputs();
    const changes = aws.cloud.changes.slice(start);
    expect(changes.slice(-imports.length)).toEqual(imports.map(() => "acm:DeleteCertificate"));
    expect(changes.filter((change) => change.includes(":Update")).sort()).toEqual([
      "apigateway:UpdateDomainName",
      "apigateway:UpdateDomainName",
      "apigatewayv2:UpdateDomainName",
      "cloudfront:UpdateDistribution",
    ]);
    expect(after.targets).toEqual(before.targets);
    for (const arn of [after.site, ...Object.values<string>(after.arns)])
      expect((await aws.inAcm(arn)).publicKey.asymmetricKeyType).toBe("rsa");
    const trusts = (await domain("apigateway", "rest.example")).mutualTls;
    expect(trusts.truststoreVersion).not.toBe(trusted.truststoreVersion);
  });

  test("a preview refuses aliases that are not covered and keys that are not served, before anything is issued", async () => {
    const settings = { round: "2", algorithm: "RSA-2048", generation: 2, bad: true };
    const { all } = await stack.preview({ env: aws.env(settings), fails: true });
    expect(all).toContain(`aliases[0]: the certificate is not for "www.example", only for alias.example.`);
    expect(all).toContain("CloudFront does not serve certificates with a key of the kind ECDSA-P384.");
  });

  test("destroyed, it leaves nothing in ACM", async () => {
    await stack.destroy({ env: aws.env() });
    for (const region of ["eu-west-1", "us-east-1"])
      expect((await aws.cloud.askMoto("acm", region, "ListCertificates")).CertificateSummaryList).toEqual([]);
  });
});
