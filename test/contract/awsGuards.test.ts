import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpensslCa, opensslCa, opensslLeaf } from "../support/certbotFolder";
import { AwsCloud } from "../support/plugins/aws/awsCloud";
import { refusalOf } from "../support/plugins/aws/awsError";
import { distributionConfig } from "../support/plugins/aws/types/distributionConfig";
import { needs } from "../support/requirements";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../support/testCertificates";

const moto = needs("moto_server");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";
const codeSigning = "1.3.6.1.5.5.7.3.3";
const region = "eu-west-1";

moto.describe("the stand-in refuses what AWS refuses", () => {
  let cloud: AwsCloud;
  let root: TestCa;
  let issuing: TestCa;
  let web: TestCertificate;

  beforeAll(async () => {
    cloud = await AwsCloud.start(moto.program);
    root = await createTestCa("Root");
    issuing = await createTestCa("Issuing", root);
    web = await issueTestCertificate(issuing, { extendedKeyUsages: [serverAuth, clientAuth] });
  }, 60_000);
  afterAll(() => cloud.stop());

  const importing = (
    certificate: Pick<TestCertificate, "certificatePem" | "privateKeyPem">,
    more: object = {},
    where = region,
  ): Promise<string> =>
    cloud
      .ask("acm", where, "ImportCertificate", {
        Certificate: base64(certificate.certificatePem),
        PrivateKey: base64(certificate.privateKeyPem),
        CertificateChain: base64(issuing.certificatePem),
        ...more,
      })
      .then(({ CertificateArn }) => CertificateArn);

  describe("imports into ACM", () => {
    test("the key, the chain and the body must be those of one certificate", async () => {
      const other = await issueTestCertificate(issuing);
      const elsewhere = await createTestCa("Elsewhere");
      const chain = (...pems: string[]) => ({ CertificateChain: base64(pems.join("")) });
      expect(await importing(web, chain(issuing.certificatePem, root.certificatePem))).toMatch(
        /^arn:aws:acm:eu-west-1:/,
      );
      for (const [more, message] of [
        [{ PrivateKey: base64(other.privateKeyPem) }, /private key does not match/],
        [
          { PrivateKey: base64("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----") },
          /private key is not PEM/,
        ],
        [{ Certificate: base64(web.fullChainPem) }, /field contains more than one certificate/],
        [chain(elsewhere.certificatePem), /Could not validate the certificate with the certificate chain/],
        [
          chain(root.certificatePem, issuing.certificatePem),
          /index within the chain of the invalid certificate is: 0$/,
        ],
        [chain(issuing.certificatePem, elsewhere.certificatePem), /is: 1$/],
        [chain(web.certificatePem, issuing.certificatePem), /is: 0$/],
        [{ CertificateChain: undefined }, /not a valid self signed/],
      ] as const)
        expect(await refusalOf(importing(web, more))).toMatch(new RegExp(`^ValidationException: .*${message.source}`));
    });

    test("keys of a kind that ACM does not know, and certificates that are not in force", async () => {
      const day = 86_400_000;
      const made = (options: object) => issueTestCertificate(issuing, options);
      const [ed25519, over, early] = await Promise.all([
        made({ keyType: "Ed25519" }),
        made({ notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) }),
        made({ notBefore: new Date(Date.now() + day) }),
      ]);
      expect(await refusalOf(importing(ed25519))).toBe("ValidationException: The private key is not supported.");
      expect(await refusalOf(importing(over))).toMatch(/^ValidationException: .*has expired/);
      expect(await refusalOf(importing(early))).toMatch(/^ValidationException: .*not in effect yet/);
    });

    test("under the ARN of another certificate only one with the same kind of key, and no fewer usages", async () => {
      const arn = await importing(web, { Tags: [{ Key: "name", Value: "web" }] });
      const again = (certificate: TestCertificate, more: object = {}) =>
        importing(certificate, { CertificateArn: arn, ...more });
      const made = (options: object) => issueTestCertificate(issuing, { extendedKeyUsages: [serverAuth], ...options });
      expect(await refusalOf(again(await made({ keyType: "RSA" })))).toMatch(
        /^ValidationException: The key type and size/,
      );
      expect(await refusalOf(again(await made({ extendedKeyUsages: [clientAuth] })))).toMatch(/Extended Key Usage/);
      expect(await refusalOf(again(web, { Tags: [{ Key: "name", Value: "x" }] }))).toMatch(/Tagging is not permitted/);
      // Client authentication may go, others may come.
      expect(await again(await made({ extendedKeyUsages: [serverAuth, codeSigning] }))).toBe(arn);
      const { Tags } = await cloud.ask("acm", region, "ListTagsForCertificate", { CertificateArn: arn });
      expect(Tags).toEqual([{ Key: "name", Value: "web" }]);
      expect(await refusalOf(importing(web, { CertificateArn: `${arn}0` }))).toMatch(/^ResourceNotFoundException/);
    });

    describe("made by openssl", () => {
      let folder: string;
      let ca: OpensslCa;
      beforeAll(() => {
        folder = mkdtempSync(join(tmpdir(), "guards-"));
        ca = opensslCa(join(folder, "ca"));
      });
      afterAll(() => rmSync(folder, { recursive: true }));
      const leaf = (more: object) => opensslLeaf(ca, { names: ["web.example.com"], ...more });
      const importingLeaf = (made: ReturnType<typeof leaf>, more: object = {}): Promise<string> =>
        importing(made, { CertificateChain: base64(ca.chainPem), ...more });

      test("a usage of the key cannot go, except that of encryption from ECDSA", async () => {
        const withUsages = (usages: string) => leaf({ extensions: [`keyUsage=critical,${usages}`] });
        const CertificateArn = await importingLeaf(withUsages("digitalSignature,keyEncipherment,keyAgreement"));
        const next = (usages: string) => importingLeaf(withUsages(usages), { CertificateArn });
        expect(await refusalOf(next("digitalSignature,keyEncipherment"))).toMatch(
          /^ValidationException: Key Usage values/,
        );
        expect(await next("digitalSignature,keyAgreement")).toBe(CertificateArn);
      });

      test("a certificate without a common name is taken, and given back as it is", async () => {
        const nameless = leaf({ subject: "/" });
        const CertificateArn = await importingLeaf(nameless);
        const { Certificate } = await cloud.ask("acm", region, "GetCertificate", { CertificateArn });
        expect(Certificate).toBe(nameless.certificatePem);
        const described = await cloud.ask("acm", region, "DescribeCertificate", { CertificateArn });
        expect(described.Certificate).toMatchObject({
          ...{ DomainName: "web.example.com", Subject: "", Issuer: "CN=Old Issuing", Type: "IMPORTED" },
          SubjectAlternativeNames: ["web.example.com"],
        });
      });
    });

    test("a certificate that ACM issues is issued once its records are in a public zone", async () => {
      const wanted = { DomainName: "issued.example.com", ValidationMethod: "DNS" };
      const { CertificateArn } = await cloud.ask("acm", region, "RequestCertificate", wanted);
      const described = async () =>
        (await cloud.ask("acm", region, "DescribeCertificate", { CertificateArn })).Certificate;
      const { Status, DomainValidationOptions, NotAfter } = await described();
      expect([Status, NotAfter]).toEqual(["PENDING_VALIDATION", undefined]);
      const { Name, Type, Value } = DomainValidationOptions[0].ResourceRecord;
      const { HostedZone } = await cloud.ask("route53", "us-east-1", "CreateHostedZone", {
        ...{ Name: "example.com", CallerReference: "issued" },
      });
      const ResourceRecordSet = { Name, Type, TTL: 60, ResourceRecords: { ResourceRecord: [{ Value }] } };
      await cloud.ask("route53", "us-east-1", "ChangeResourceRecordSets", {
        HostedZoneId: HostedZone.Id,
        ChangeBatch: { Changes: { Change: { Action: "CREATE", ResourceRecordSet } } },
      });
      expect((await described()).Status).toBe("ISSUED");
      const creating = (set: object) =>
        cloud.ask("route53", "us-east-1", "ChangeResourceRecordSets", {
          HostedZoneId: HostedZone.Id,
          ChangeBatch: {
            Changes: { Change: { Action: "CREATE", ResourceRecordSet: { ...ResourceRecordSet, ...set } } },
          },
        });
      expect(await refusalOf(creating({ TTL: 300 }))).toMatch(
        /^InvalidChangeBatch: \[Tried to create .* already exists\]$/,
      );
      expect(await refusalOf(creating({ Name: "www.notexample.com" }))).toMatch(
        /is not permitted in zone example.com.\]$/,
      );
    });
  });

  describe("what serves them", () => {
    const elb = (action: string, input: object, where = region) =>
      cloud.ask("elasticloadbalancing", where, action, input);
    let loadBalancerArn: string;
    const certificates = (...arns: string[]) => arns.map((CertificateArn) => ({ CertificateArn }));
    const listener = (arns: string[], Port = 443, Protocol = "HTTPS") =>
      elb("CreateListener", {
        ...{ LoadBalancerArn: loadBalancerArn, Port, Protocol, Certificates: certificates(...arns) },
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } }],
      }).then(({ Listeners }): string => Listeners[0].ListenerArn);

    beforeAll(async () => {
      const { vpc } = await cloud.ask("ec2", region, "CreateVpc", { CidrBlock: "10.0.0.0/16" });
      const subnets = ["a", "b"].map((zone, index) =>
        cloud.ask("ec2", region, "CreateSubnet", {
          ...{ VpcId: vpc.vpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${region}${zone}` },
        }),
      );
      const Subnets = (await Promise.all(subnets)).map(({ subnet }) => subnet.subnetId);
      const { LoadBalancers } = await elb("CreateLoadBalancer", { Name: "guards", Subnets });
      loadBalancerArn = LoadBalancers[0].LoadBalancerArn;
    });

    test("listeners take certificates of their own region that are issued, and hold on to them", async () => {
      const [served, abroad] = [await importing(web), await importing(web, {}, "us-east-1")];
      const pending = await cloud.ask("acm", region, "RequestCertificate", { DomainName: "never.example.com" });
      expect(await refusalOf(listener([abroad]))).toMatch(/^ValidationError: Certificate ARN '.*' is not valid$/);
      expect(await refusalOf(listener([served.replace(/.$/, "x")]))).toMatch(/^CertificateNotFound: /);
      expect(await refusalOf(listener([pending.CertificateArn]))).toMatch(/^UnsupportedCertificate: /);
      expect(await refusalOf(listener([served, served]))).toMatch(/^TooManyCertificates: Up to '1' certificate ARNs/);
      expect(await refusalOf(listener([]))).toMatch(/^ValidationError: A certificate must be specified/);

      const ListenerArn = await listener([served]);
      expect(await refusalOf(cloud.ask("acm", region, "DeleteCertificate", { CertificateArn: served }))).toMatch(
        /^ResourceInUseException: .* is in use/,
      );
      const { Certificate } = await cloud.ask("acm", region, "DescribeCertificate", { CertificateArn: served });
      expect(Certificate.InUseBy).toEqual([loadBalancerArn]);
      await elb("DeleteListener", { ListenerArn });
      await cloud.ask("acm", region, "DeleteCertificate", { CertificateArn: served });
    });

    test("the certificate list outlives another default certificate, which cannot be taken off", async () => {
      const [first, second] = [await importing(web), await importing(web)];
      const ListenerArn = await listener([first], 8443);
      const add = (arn: string) => elb("AddListenerCertificates", { ListenerArn, Certificates: certificates(arn) });
      const remove = (arn: string) =>
        elb("RemoveListenerCertificates", { ListenerArn, Certificates: certificates(arn) });
      const list = async () =>
        (await elb("DescribeListenerCertificates", { ListenerArn })).Certificates.map(
          ({ CertificateArn, IsDefault }: Record<string, string>) => [CertificateArn, IsDefault === "true"],
        );
      await add(first);
      await add(first);
      expect(await list()).toEqual([
        [first, true],
        [first, false],
      ]);
      expect(await refusalOf(remove(first))).toMatch(/^OperationNotPermitted: Default certificate cannot be removed/);
      await elb("ModifyListener", { ListenerArn, Certificates: certificates(second) });
      expect(await list()).toEqual([
        [second, true],
        [first, false],
      ]);
      await remove(first);
      expect(await list()).toEqual([[second, true]]);
      const others = await Promise.all(Array.from({ length: 26 }, () => importing(web)));
      for (const arn of others.slice(0, 25)) await add(arn);
      expect(await refusalOf(add(others[25]!))).toMatch(/^TooManyCertificates: .*maximum number of certificates/);
      await elb("DeleteListener", { ListenerArn });
    });

    test("domain names", async () => {
      const here = await importing(web);
      const abroad = await importing(web, {}, "us-east-1");
      const create = (domainName: string, endpointType: string, certificateArn: string, more: object = {}) =>
        cloud.ask("apigateway", region, "CreateDomainName", {
          ...{ domainName, endpointType, certificateArn, securityPolicy: "TLS_1_2", tags: {}, ...more },
        });
      expect(await refusalOf(create("web.example.com", "EDGE", here))).toMatch(
        /^BadRequestException: Invalid certificate ARN: .*Certificate must be in 'us-east-1'/,
      );
      expect(await refusalOf(create("web.example.com", "REGIONAL", abroad))).toMatch(/must be owned by the account/);
      expect(await refusalOf(create("other.example.com", "REGIONAL", here))).toMatch(/not covered by the provided/);
      const mutualTls = { truststoreUri: "s3://none/bundle.pem" };
      expect(await refusalOf(create("web.example.com", "REGIONAL", here, { mutualTls }))).toMatch(
        /ownershipVerification/,
      );
      await create("web.example.com", "REGIONAL", here);
      expect(await refusalOf(create("web.example.com", "REGIONAL", here))).toMatch(/already exists/);
      expect(await refusalOf(cloud.ask("acm", region, "DeleteCertificate", { CertificateArn: here }))).toMatch(
        /^ResourceInUseException/,
      );
    });

    test("distributions", async () => {
      const [here, abroad] = [await importing(web), await importing(web, {}, "us-east-1")];
      const inCloudFront = (action: string, input: object) => cloud.ask("cloudfront", "us-east-1", action, input);
      const configuration = (acmCertificateArn: string, alias: string, enabled = true) =>
        distributionConfig(
          {
            ...{ enabled, aliases: [alias], httpVersion: "http2", priceClass: "PriceClass_All" },
            origins: [{ originId: "origin", domainName: "origin.s3.amazonaws.com" }],
            defaultCacheBehavior: {
              ...{ targetOriginId: "origin", viewerProtocolPolicy: "https-only" },
              ...{ allowedMethods: ["GET", "HEAD"], cachedMethods: ["GET", "HEAD"] },
            },
            restrictions: { geoRestriction: { restrictionType: "none" } },
            viewerCertificate: { acmCertificateArn, sslSupportMethod: "sni-only" },
          },
          "guards",
        );
      const create = (arn: string, alias: string) =>
        inCloudFront("CreateDistributionWithTags", { DistributionConfig: configuration(arn, alias), Tags: [] });
      for (const arn of [here, `${abroad}0`])
        expect(await refusalOf(create(arn, "web.example.com"))).toMatch(
          /^InvalidViewerCertificate: .*isn't in us-east-1 region/,
        );
      expect(await refusalOf(create(abroad, "other.example.com"))).toMatch(/doesn't cover the alternate domain name/);

      const { Id } = await create(abroad, "web.example.com");
      const deleteCertificate = () => cloud.ask("acm", "us-east-1", "DeleteCertificate", { CertificateArn: abroad });
      expect(await refusalOf(deleteCertificate())).toMatch(/^ResourceInUseException/);
      const { ETag } = await inCloudFront("GetDistribution", { Id });
      expect(await refusalOf(inCloudFront("DeleteDistribution", { Id, IfMatch: ETag }))).toMatch(
        /^DistributionNotDisabled/,
      );
      const DistributionConfig = configuration(abroad, "web.example.com", false);
      const { ETag: IfMatch } = await inCloudFront("UpdateDistribution", { Id, IfMatch: ETag, DistributionConfig });
      await inCloudFront("DeleteDistribution", { Id, IfMatch });
      await deleteCertificate();
    });
  });

  test("a request can be made to fail, once", async () => {
    const before = cloud.changes.length;
    cloud.failNext({ action: "ImportCertificate", code: "AccessDeniedException" });
    expect(await refusalOf(importing(web))).toMatch(
      /^AccessDeniedException: User: arn:.* is not authorized to perform: acm:ImportCertificate on resource/,
    );
    await importing(web);
    expect(cloud.changes.slice(before)).toEqual(["acm:ImportCertificate"]);
    expect(cloud.calls.slice(-2).map(({ error }) => error)).toEqual(["AccessDeniedException", undefined]);
  });
});
