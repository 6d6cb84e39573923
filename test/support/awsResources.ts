import type { MockedService } from "./mockedProgram";

const account = "123456789012";
const validationOption = (domainName: string) => {
  const domain = domainName.replace(/^\*\./, "");
  return {
    domainName,
    resourceRecordName: `_token.${domain}.`,
    resourceRecordType: "CNAME",
    resourceRecordValue: `_value.${domain}.`,
  };
};
const outputs: Record<string, (name: string, inputs: Record<string, any>) => Record<string, unknown>> = {
  "aws:acm/certificate:Certificate": (name, { region = "eu-west-1", domainName, subjectAlternativeNames = [] }) => ({
    region,
    arn: `arn:aws:acm:${region}:${account}:certificate/${name}`,
    ...(domainName && { domainValidationOptions: [domainName, ...subjectAlternativeNames].map(validationOption) }),
  }),
  "aws:route53/record:Record": (_name, { name }) => ({ fqdn: String(name).replace(/\.$/, "") }),
  "aws:secretsmanager/secret:Secret": (name, { region = "eu-west-1" }) => ({
    arn: `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`,
  }),
  "aws:secretsmanager/secretVersion:SecretVersion": () => ({ versionId: "version-1" }),
  "aws:lb/listener:Listener": (name, { loadBalancerArn }) => ({
    arn: `${String(loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${name}`,
  }),
  "aws:apigateway/domainName:DomainName": (name) => ({
    arn: `arn:aws:apigateway:eu-west-1::/domainnames/${name}`,
    regionalDomainName: "d-1.execute-api.eu-west-1.amazonaws.com",
    regionalZoneId: "ZREGIONAL",
    cloudfrontDomainName: "d1.cloudfront.net",
    cloudfrontZoneId: "Z2FDTNDATAQYW2",
  }),
  "aws:apigatewayv2/domainName:DomainName": (name, { domainNameConfiguration }) => ({
    arn: `arn:aws:apigateway:eu-west-1::/domainnames/${name}`,
    domainNameConfiguration: {
      ...domainNameConfiguration,
      targetDomainName: "d-2.execute-api.eu-west-1.amazonaws.com",
      hostedZoneId: "ZHTTP",
    },
  }),
  "aws:s3/bucketObjectv2:BucketObjectv2": (_name, { bucket }) => ({
    etag: "0123456789abcdef",
    versionId: bucket === "unversioned" ? "" : "version-1",
  }),
};

/** Resources of AWS under mocks, with the outputs that a program needs of them. */
export const awsResources: MockedService = {
  outputs: (type, name, inputs) => outputs[type]?.(name, inputs) ?? {},
  call: (token) => (token === "aws:index/getRegion:getRegion" ? { region: "eu-west-1" } : {}),
};
