import { createHash } from "node:crypto";
import { computed } from "../../propertyValues";
import { isAwsError } from "../awsError";
import type { AwsType } from "../awsType";
import { saying } from "../saying";
import { listOf, readXml } from "../xml";

/** What a trust bundle of API Gateway stands in: terraform-provider-aws, internal/service/s3, as far as that goes. */
export const bucket: AwsType = {
  token: "aws:s3/bucket:Bucket",
  required: [],
  forceNew: ["bucket"],
  computed: ["arn", "bucketDomainName", "bucketRegionalDomainName", "hostedZoneId"],
  autoName: "bucket",
  async create({ bucket: name }, { ask, region }) {
    const place = region === "us-east-1" ? {} : { LocationConstraint: region };
    await saying(`creating S3 Bucket (${name})`, () => ask("s3", "CreateBucket", { Bucket: name, ...place }));
    return name;
  },
  async read(id, known, { ask, region }) {
    try {
      await ask("s3", "HeadBucket", { Bucket: id });
      const regional = `${id}.s3.${region}.amazonaws.com`;
      const names = { bucketDomainName: `${id}.s3.amazonaws.com`, bucketRegionalDomainName: regional };
      return { arn: `arn:aws:s3:::${id}`, bucket: id, ...names, tagsAll: known["tagsAll"] };
    } catch (error) {
      if (isAwsError(error)) return undefined;
      throw error;
    }
  },
  async delete(id, _olds, { ask }) {
    await saying(`deleting S3 Bucket (${id})`, () => ask("s3", "DeleteBucket", { Bucket: id }));
  },
};

export const bucketVersioning: AwsType = {
  token: "aws:s3/bucketVersioning:BucketVersioning",
  required: ["bucket", "versioningConfiguration"],
  forceNew: ["bucket"],
  computed: [],
  tagged: false,
  async create({ bucket: name, versioningConfiguration }, { ask }) {
    await ask("s3", "PutBucketVersioning", { Bucket: name, Status: versioningConfiguration.status });
    return name;
  },
  async read(id, { versioningConfiguration }) {
    return { bucket: id, versioningConfiguration };
  },
  async update(id, { versioningConfiguration }, _olds, { ask }) {
    await ask("s3", "PutBucketVersioning", { Bucket: id, Status: versioningConfiguration.status });
  },
  async delete(id, _olds, { ask }) {
    await ask("s3", "PutBucketVersioning", { Bucket: id, Status: "Suspended" });
  },
};

export const bucketObject: AwsType = {
  token: "aws:s3/bucketObjectv2:BucketObjectv2",
  required: ["bucket", "key"],
  forceNew: ["bucket", "key"],
  computed: ["arn", "contentType", "etag", "versionId"],
  previewUpdate: ({ content }, olds) => (content === olds["content"] ? {} : { etag: computed, versionId: computed }),
  async create(inputs, context) {
    await put(inputs, context);
    return inputs["key"];
  },
  async read(id, known, { ask }) {
    const { bucket: name, key = id } = known;
    try {
      const found = await ask("s3", "GetObject", { Bucket: name, Key: key });
      return {
        arn: `arn:aws:s3:::${name}/${key}`,
        etag: found.ETag.replaceAll('"', ""),
        versionId: found.VersionId ?? "",
        tagsAll: known["tagsAll"],
      };
    } catch (error) {
      if (isAwsError(error, "NoSuchKey", "NoSuchBucket")) return undefined;
      throw error;
    }
  },
  async update(_id, inputs, olds, context) {
    if (inputs["content"] !== olds["content"]) await put(inputs, context);
  },
  /** With all its versions, where there are any. */
  async delete(_id, { bucket: name, key, versionId }, { ask }) {
    if (!versionId) return void (await ask("s3", "DeleteObject", { Bucket: name, Key: key }));
    const { Body } = await ask("s3", "ListObjectVersions", { Bucket: name, Prefix: key });
    const { Version, DeleteMarker } = readXml(Body);
    for (const { VersionId } of [...listOf(Version), ...listOf(DeleteMarker)])
      await ask("s3", "DeleteObject", { Bucket: name, Key: key, VersionId });
  },
};

async function put(
  { bucket: name, key, content = "", contentType }: Record<string, any>,
  { ask }: Parameters<AwsType["create"]>[1],
) {
  const md5 = createHash("md5").update(content).digest("base64");
  await saying(`uploading S3 Object (${key}) to Bucket (${name})`, () =>
    ask("s3", "PutObject", { Bucket: name, Key: key, Body: content, ContentType: contentType, ContentMD5: md5 }),
  );
}
