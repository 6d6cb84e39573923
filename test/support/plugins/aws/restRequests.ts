import { type XmlValue, writeXml } from "./xml";

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Input = Readonly<Record<string, any>>;

const cloudFront = "/2020-05-31";
const route53 = "/2013-04-01";

const xml = (name: string, service: string, value: XmlValue): string =>
  `<?xml version="1.0" encoding="UTF-8"?>${writeXml(name, value, ` xmlns="${service}"`)}`;
const cloudFrontXml = (name: string, value: XmlValue) =>
  xml(name, "http://cloudfront.amazonaws.com/doc/2020-05-31/", value);
const route53Xml = (name: string, value: XmlValue) => xml(name, "https://route53.amazonaws.com/doc/2013-04-01/", value);
const ifMatch = (etag: string) => ({ "if-match": etag });
const bare = (id: string) => id.replace(/^.*\//, "");

/** Services whose requests are paths and bodies: by service and action. */
export const restRequests: Readonly<Record<string, Readonly<Record<string, (input: Input) => RestRequest>>>> = {
  cloudfront: {
    CreateDistributionWithTags: ({ DistributionConfig, Tags }) => ({
      method: "POST",
      path: `${cloudFront}/distribution?WithTags`,
      body: cloudFrontXml("DistributionConfigWithTags", { DistributionConfig, Tags: { Items: { Tag: Tags } } }),
    }),
    UpdateDistribution: ({ Id, IfMatch, DistributionConfig }) => ({
      method: "PUT",
      path: `${cloudFront}/distribution/${Id}/config`,
      headers: ifMatch(IfMatch),
      body: cloudFrontXml("DistributionConfig", DistributionConfig),
    }),
    GetDistribution: ({ Id }) => ({ method: "GET", path: `${cloudFront}/distribution/${Id}` }),
    ListDistributions: () => ({ method: "GET", path: `${cloudFront}/distribution` }),
    DeleteDistribution: ({ Id, IfMatch }) => ({
      method: "DELETE",
      path: `${cloudFront}/distribution/${Id}`,
      headers: ifMatch(IfMatch),
    }),
    ListTagsForResource: ({ Resource }) => ({
      method: "GET",
      path: `${cloudFront}/tagging?Resource=${encodeURIComponent(Resource)}`,
    }),
    TagResource: ({ Resource, Tags }) => ({
      method: "POST",
      path: `${cloudFront}/tagging?Operation=Tag&Resource=${encodeURIComponent(Resource)}`,
      body: cloudFrontXml("Tags", { Items: { Tag: Tags } }),
    }),
    UntagResource: ({ Resource, TagKeys }) => ({
      method: "POST",
      path: `${cloudFront}/tagging?Operation=Untag&Resource=${encodeURIComponent(Resource)}`,
      body: cloudFrontXml("TagKeys", { Items: { Key: TagKeys } }),
    }),
  },
  route53: {
    CreateHostedZone: (input) => ({
      method: "POST",
      path: `${route53}/hostedzone`,
      body: route53Xml("CreateHostedZoneRequest", input),
    }),
    GetHostedZone: ({ Id }) => ({ method: "GET", path: `${route53}/hostedzone/${bare(Id)}` }),
    ListHostedZones: () => ({ method: "GET", path: `${route53}/hostedzone` }),
    DeleteHostedZone: ({ Id }) => ({ method: "DELETE", path: `${route53}/hostedzone/${bare(Id)}` }),
    ChangeResourceRecordSets: ({ HostedZoneId, ChangeBatch }) => ({
      method: "POST",
      path: `${route53}/hostedzone/${bare(HostedZoneId)}/rrset/`,
      body: route53Xml("ChangeResourceRecordSetsRequest", { ChangeBatch }),
    }),
    ListResourceRecordSets: ({ HostedZoneId }) => ({
      method: "GET",
      path: `${route53}/hostedzone/${bare(HostedZoneId)}/rrset`,
    }),
    ChangeTagsForResource: ({ ResourceType, ResourceId, AddTags, RemoveTagKeys }) => ({
      method: "POST",
      path: `${route53}/tags/${ResourceType}/${bare(ResourceId)}`,
      body: route53Xml("ChangeTagsForResourceRequest", {
        ...(AddTags && { AddTags: { Tag: AddTags } }),
        ...(RemoveTagKeys && { RemoveTagKeys: { Key: RemoveTagKeys } }),
      }),
    }),
    ListTagsForResource: ({ ResourceType, ResourceId }) => ({
      method: "GET",
      path: `${route53}/tags/${ResourceType}/${bare(ResourceId)}`,
    }),
  },
  s3: {
    CreateBucket: ({ Bucket, LocationConstraint }) => ({
      method: "PUT",
      path: `/${Bucket}`,
      ...(LocationConstraint && {
        body: xml("CreateBucketConfiguration", "http://s3.amazonaws.com/doc/2006-03-01/", { LocationConstraint }),
      }),
    }),
    HeadBucket: ({ Bucket }) => ({ method: "HEAD", path: `/${Bucket}` }),
    DeleteBucket: ({ Bucket }) => ({ method: "DELETE", path: `/${Bucket}` }),
    PutBucketVersioning: ({ Bucket, Status }) => ({
      method: "PUT",
      path: `/${Bucket}?versioning`,
      body: xml("VersioningConfiguration", "http://s3.amazonaws.com/doc/2006-03-01/", { Status }),
    }),
    PutObject: ({ Bucket, Key, Body, ContentType, ContentMD5 }) => ({
      method: "PUT",
      path: `/${Bucket}/${Key}`,
      headers: { "content-type": ContentType ?? "application/octet-stream", "content-md5": ContentMD5 },
      body: Body,
    }),
    GetObject: ({ Bucket, Key, VersionId }) => ({
      method: "GET",
      path: `/${Bucket}/${Key}${VersionId ? `?versionId=${VersionId}` : ""}`,
    }),
    ListObjectVersions: ({ Bucket, Prefix }) => ({ method: "GET", path: `/${Bucket}?versions&prefix=${Prefix}` }),
    DeleteObject: ({ Bucket, Key, VersionId }) => ({
      method: "DELETE",
      path: `/${Bucket}/${Key}${VersionId ? `?versionId=${VersionId}` : ""}`,
    }),
  },
};
