import { ApiGatewayDomainName, type ApiGatewayDomainNameArgs } from "../../../../components/aws";
import { awsResources } from "../../../support/awsResources";
import { type RegisteredResource, mockedProgram } from "../../../support/mockedProgram";
import { outputValue } from "../../../support/outputValue";
import { type TestCertificate, issueTestCertificate } from "../../../support/testCertificates";

const arn = (id: string, region = "eu-west-1") => `arn:aws:acm:${region}:123456789012:certificate/${id}`;

let api: TestCertificate;
beforeAll(async () => {
  api = await issueTestCertificate(undefined, { commonName: "api", dnsNames: ["api.example"] });
});

const domainOf = async (args: Partial<ApiGatewayDomainNameArgs>) => {
  let domain: ApiGatewayDomainName | undefined;
  const make = () =>
    (domain = new ApiGatewayDomainName("api", { domainName: "api.example", certificate: api, ...args }));
  const graph = await mockedProgram(make, false, awsResources);
  return { graph, domain: domain as ApiGatewayDomainName };
};
const refused = (args: Partial<ApiGatewayDomainNameArgs>) =>
  expect(domainOf(args).then(() => "nothing refused it")).rejects;
const only = (graph: readonly RegisteredResource[], type: string) => {
  const found = graph.filter((each) => each.type === type);
  expect(found).toHaveLength(1);
  return found[0] as RegisteredResource;
};

test("a regional domain name of REST APIs", async () => {
  const { graph, domain } = await domainOf({ owner: { team: "api" }, region: "eu-west-1" });
  expect(only(graph, "aws:apigateway/domainName:DomainName").inputs).toEqual({
    domainName: "api.example",
    region: "eu-west-1",
    regionalCertificateArn: arn("api-certificate"),
    endpointConfiguration: { types: "REGIONAL" },
    securityPolicy: "TLS_1_2",
    tags: { "owner:team": "api" },
  });
  expect(await outputValue(domain.targetDomainName)).toBe("d-1.execute-api.eu-west-1.amazonaws.com");
  expect(await outputValue(domain.hostedZoneId)).toBe("ZREGIONAL");
});

test("an edge-optimized one has its certificate in us-east-1", async () => {
  const { graph, domain } = await domainOf({ endpointType: "edge", region: "eu-west-1" });
  expect(only(graph, "aws:acm/certificate:Certificate").inputs.region).toBe("us-east-1");
  expect(only(graph, "aws:apigateway/domainName:DomainName").inputs).toMatchObject({
    certificateArn: arn("api-certificate", "us-east-1"),
    endpointConfiguration: { types: "EDGE" },
    region: "eu-west-1",
  });
  expect(await outputValue(domain.targetDomainName)).toBe("d1.cloudfront.net");
  expect(await outputValue(domain.hostedZoneId)).toBe("Z2FDTNDATAQYW2");
});

test("one of HTTP APIs", async () => {
  const { graph, domain } = await domainOf({ kind: "http", certificate: arn("there") });
  expect(only(graph, "aws:apigatewayv2/domainName:DomainName").inputs).toEqual({
    domainName: "api.example",
    domainNameConfiguration: { certificateArn: arn("there"), endpointType: "REGIONAL", securityPolicy: "TLS_1_2" },
  });
  expect(await outputValue(domain.targetDomainName)).toBe("d-2.execute-api.eu-west-1.amazonaws.com");
  expect(await outputValue(domain.hostedZoneId)).toBe("ZHTTP");
});

test.each(["rest", "http"] as const)("client certificates of %s APIs, by a bundle with a version", async (kind) => {
  const { graph } = await domainOf({
    kind,
    clientTrust: { trustBundlePem: api.rootPem || api.certificatePem, bucket: "trust" },
    ownershipCertificate: arn("issued"),
  });
  expect(only(graph, "aws:s3/bucketObjectv2:BucketObjectv2")).toMatchObject({
    name: "api-trust",
    inputs: { bucket: "trust", key: "api.pem", contentType: "application/x-pem-file" },
  });
  const domain = graph.find(({ type }) => type.endsWith(":DomainName"))?.inputs;
  expect(domain?.mutualTlsAuthentication).toEqual({
    truststoreUri: "s3://trust/api.pem",
    truststoreVersion: "version-1",
  });
  const holder = kind === "http" ? domain?.domainNameConfiguration : domain;
  expect(holder.ownershipVerificationCertificateArn).toBe(arn("issued"));
});

test("transforms have the last word on each child", async () => {
  const { graph } = await domainOf({
    clientTrust: { trustBundlePem: api.certificatePem, bucket: "trust" },
    ownershipCertificate: arn("issued"),
    transform: {
      domainName: { routingMode: "API_MAPPING_ONLY" },
      clientTrust: { key: "partners.pem" },
      certificate: { tags: { only: "this" } },
    },
  });
  expect(only(graph, "aws:apigateway/domainName:DomainName").inputs).toMatchObject({
    routingMode: "API_MAPPING_ONLY",
    mutualTlsAuthentication: { truststoreUri: "s3://trust/partners.pem" },
  });
  expect(only(graph, "aws:acm/certificate:Certificate").inputs.tags).toEqual({ only: "this" });
  const transform = { httpDomainName: { routingMode: "ROUTING_RULE_ONLY" } };
  const http = await domainOf({ kind: "http", transform });
  expect(only(http.graph, "aws:apigatewayv2/domainName:DomainName").inputs.routingMode).toBe("ROUTING_RULE_ONLY");
});

test("what serves it is verified once the domain name has it", async () => {
  const { graph } = await domainOf({ verify: { endpoints: [{ address: "api.example" }] } });
  const [check] = graph.filter(({ type }) => type.endsWith(":EndpointVerification"));
  expect(check).toMatchObject({ name: "api-live", dependsOn: expect.arrayContaining(["api"]) });
});

test("a bundle that somebody else keeps", async () => {
  const truststore = { truststoreUri: "s3://trust/clients.pem", truststoreVersion: "7" };
  const { graph } = await domainOf({ certificate: arn("issued"), clientTrust: truststore });
  expect(only(graph, "aws:apigateway/domainName:DomainName").inputs.mutualTlsAuthentication).toEqual(truststore);
});

describe("what API Gateway would refuse ends the preview", () => {
  const trust = () => ({ trustBundlePem: api.certificatePem, bucket: "trust" });
  const cases: [string, () => Partial<ApiGatewayDomainNameArgs>, RegExp][] = [
    [
      "a name that the certificate does not cover",
      () => ({ domainName: "www.example" }),
      /^domainName: the certificate is not for "www\.example"/,
    ],
    [
      "HTTP APIs through CloudFront",
      () => ({ kind: "http", endpointType: "edge" }),
      /^endpointType: HTTP and WebSocket/,
    ],
    [
      "HTTP APIs with another policy",
      () => ({ kind: "http", securityPolicy: "TLS_1_0" }),
      /^securityPolicy: .*"TLS_1_0"/,
    ],
    [
      "client certificates through CloudFront",
      () => ({ endpointType: "edge", clientTrust: trust() }),
      /^clientTrust: edge-optimized/,
    ],
    [
      "client certificates with an imported one",
      () => ({ clientTrust: trust() }),
      /^ownershipCertificate: .* AcmCertificate/,
    ],
    [
      "client certificates with an enhanced policy",
      () => ({ certificate: arn("a"), clientTrust: trust(), securityPolicy: "SecurityPolicy_TLS13_1_3_2025_09" }),
      /^securityPolicy: .* does not go with clientTrust/,
    ],
    [
      "an enhanced policy without an access mode",
      () => ({ securityPolicy: "SecurityPolicy_TLS13_1_3_2025_09" }),
      /^endpointAccessMode: /,
    ],
    [
      "an access mode without such a policy",
      () => ({ endpointAccessMode: "STRICT" }),
      /^endpointAccessMode: it goes with/,
    ],
    [
      "an edge certificate elsewhere",
      () => ({ endpointType: "edge", certificate: arn("a") }),
      /us-east-1 needs one of its own/,
    ],
    [
      "a certificate of another region",
      () => ({ certificate: arn("a", "us-east-1") }),
      /eu-west-1 needs one of its own/,
    ],
    [
      "a bucket without versions",
      () => ({ certificate: arn("a"), clientTrust: { ...trust(), bucket: "unversioned" } }),
      /^clientTrust\.bucket: unversioned keeps no versions.* aws\.s3\.BucketVersioning/,
    ],
    [
      "an empty bundle",
      () => ({ certificate: arn("a"), clientTrust: { ...trust(), trustBundlePem: "" } }),
      /^clientTrust\.trustBundlePem: it has 0/,
    ],
    [
      "an address that is none",
      () => ({ certificate: arn("a"), clientTrust: { truststoreUri: "trust/a" } }),
      /^clientTrust\.truststoreUri/,
    ],
  ];
  test.each(cases)("%s", (_title, args, message) => refused(args()).toThrow(message));
});
