import type { PropertyValues } from "../../propertyValues";
import { isAwsError } from "../awsError";
import { type AwsContext, type AwsType, tagChanges, tagList, tagRecord } from "../awsType";
import { saying } from "../saying";
import { listOf } from "../xml";
import { distributionConfig } from "./distributionConfig";

/** terraform-provider-aws, internal/service/cloudfront/distribution.go: everything changes in place; it is disabled before it is deleted. */
export const distribution: AwsType = {
  token: "aws:cloudfront/distribution:Distribution",
  required: ["defaultCacheBehavior", "enabled", "origins", "restrictions", "viewerCertificate"],
  forceNew: [],
  computed: ["arn", "callerReference", "domainName", "etag", "hostedZoneId", "lastModifiedTime", "status"],
  sets: ["aliases"],
  globalRegion: "us-east-1",
  defaults: { httpVersion: "http2", priceClass: "PriceClass_All", retainOnDelete: false, waitForDeployment: true },

  async create(inputs, { ask, tags }) {
    const { Id } = await saying("creating CloudFront Distribution", () =>
      ask("cloudfront", "CreateDistributionWithTags", {
        DistributionConfig: distributionConfig(inputs, `terraform-${Date.now()}`),
        Tags: tagList(tags),
      }),
    );
    await deployed(Id, ask);
    return Id;
  },

  async read(id, known, { ask }) {
    try {
      const found = await ask("cloudfront", "GetDistribution", { Id: id });
      const { Items } = await ask("cloudfront", "ListTagsForResource", { Resource: found.ARN });
      return { ...outputsOf(found, known), tagsAll: tagRecord(listOf(Items?.Tag)) };
    } catch (error) {
      if (isAwsError(error, "NoSuchDistribution")) return undefined;
      throw error;
    }
  },

  async update(id, inputs, olds, { ask, tags }) {
    const { set, remove } = tagChanges(olds["tagsAll"], tags);
    const [before, after] = [olds, inputs].map((each) => distributionConfig(each, olds["callerReference"]));
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      const { ETag } = await ask("cloudfront", "GetDistribution", { Id: id });
      const changed = { Id: id, IfMatch: ETag, DistributionConfig: after };
      await saying(`updating CloudFront Distribution (${id})`, () => ask("cloudfront", "UpdateDistribution", changed));
      await deployed(id, ask);
    }
    if (remove.length > 0) await ask("cloudfront", "UntagResource", { Resource: olds["arn"], TagKeys: remove });
    if (Object.keys(set).length > 0)
      await ask("cloudfront", "TagResource", { Resource: olds["arn"], Tags: tagList(set) });
  },

  async delete(id, olds, { ask }) {
    const { ETag } = await ask("cloudfront", "GetDistribution", { Id: id });
    const disabled = distributionConfig({ ...olds, enabled: false }, olds["callerReference"]);
    await saying(`disabling CloudFront Distribution (${id})`, () =>
      ask("cloudfront", "UpdateDistribution", { Id: id, IfMatch: ETag, DistributionConfig: disabled }),
    );
    const { ETag: IfMatch } = await deployed(id, ask);
    await saying(`deleting CloudFront Distribution (${id})`, () =>
      ask("cloudfront", "DeleteDistribution", { Id: id, IfMatch }),
    );
  },
};

/** moto goes on to Deployed when it is asked. */
async function deployed(id: string, ask: AwsContext["ask"]): Promise<any> {
  for (;;) {
    const found = await ask("cloudfront", "GetDistribution", { Id: id });
    if (found.Status === "Deployed") return found;
  }
}

function outputsOf(found: any, known: PropertyValues): PropertyValues {
  const { DistributionConfig: config } = found;
  const { ViewerCertificate: viewer } = config;
  const aliases = listOf(config.Aliases?.Items?.CNAME);
  return {
    arn: found.ARN,
    callerReference: config.CallerReference,
    domainName: found.DomainName,
    etag: found.ETag,
    hostedZoneId: "Z2FDTNDATAQYW2",
    lastModifiedTime: found.LastModifiedTime,
    status: found.Status,
    enabled: config.Enabled === "true",
    ...((known["aliases"] !== undefined || aliases.length > 0) && { aliases }),
    // moto says that its own certificate serves besides.
    viewerCertificate:
      viewer.ACMCertificateArn === undefined || viewer.ACMCertificateArn === ""
        ? { cloudfrontDefaultCertificate: true, minimumProtocolVersion: "TLSv1" }
        : {
            acmCertificateArn: viewer.ACMCertificateArn,
            minimumProtocolVersion: viewer.MinimumProtocolVersion,
            sslSupportMethod: viewer.SSLSupportMethod,
          },
  };
}
