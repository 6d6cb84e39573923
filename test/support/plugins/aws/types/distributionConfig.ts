import type { PropertyValues } from "../../propertyValues";

/** The `DistributionConfig` of CloudFront's API Reference from the properties of the resource, as far as they matter here. */
export function distributionConfig(inputs: PropertyValues, callerReference: string): PropertyValues {
  return {
    CallerReference: callerReference,
    Aliases: items("CNAME", inputs["aliases"] ?? []),
    DefaultRootObject: inputs["defaultRootObject"] ?? "",
    Origins: items("Origin", inputs["origins"].map(originOf)),
    DefaultCacheBehavior: behaviorOf(inputs["defaultCacheBehavior"]),
    Comment: inputs["comment"] ?? "",
    PriceClass: inputs["priceClass"],
    Enabled: inputs["enabled"],
    ViewerCertificate: viewerOf(inputs["viewerCertificate"]),
    Restrictions: {
      GeoRestriction: {
        RestrictionType: inputs["restrictions"].geoRestriction.restrictionType,
        ...items("Location", inputs["restrictions"].geoRestriction.locations ?? []),
      },
    },
    WebACLId: inputs["webAclId"] ?? "",
    HttpVersion: inputs["httpVersion"],
    IsIPV6Enabled: inputs["isIpv6Enabled"] ?? false,
  };
}

function items(name: string, values: readonly unknown[]): PropertyValues {
  return { Quantity: values.length, ...(values.length > 0 && { Items: { [name]: values } }) };
}

function originOf({
  originId,
  domainName,
  originPath,
  originAccessControlId,
  customOriginConfig,
  s3OriginConfig,
}: any) {
  return {
    Id: originId,
    DomainName: domainName,
    OriginPath: originPath ?? "",
    OriginAccessControlId: originAccessControlId ?? "",
    ...(customOriginConfig === undefined
      ? { S3OriginConfig: { OriginAccessIdentity: s3OriginConfig?.originAccessIdentity ?? "" } }
      : {
          CustomOriginConfig: {
            HTTPPort: customOriginConfig.httpPort,
            HTTPSPort: customOriginConfig.httpsPort,
            OriginProtocolPolicy: customOriginConfig.originProtocolPolicy,
            OriginSslProtocols: items("SslProtocol", customOriginConfig.originSslProtocols),
          },
        }),
  };
}

function behaviorOf({
  targetOriginId,
  viewerProtocolPolicy,
  allowedMethods,
  cachedMethods,
  ...more
}: any): PropertyValues {
  return {
    TargetOriginId: targetOriginId,
    ViewerProtocolPolicy: viewerProtocolPolicy,
    AllowedMethods: { ...items("Method", allowedMethods), CachedMethods: items("Method", cachedMethods) },
    Compress: more.compress ?? false,
    ...(more.cachePolicyId && { CachePolicyId: more.cachePolicyId }),
    ...(more.originRequestPolicyId && { OriginRequestPolicyId: more.originRequestPolicyId }),
    ...(more.forwardedValues && {
      ForwardedValues: {
        QueryString: more.forwardedValues.queryString,
        Cookies: { Forward: more.forwardedValues.cookies.forward },
      },
    }),
  };
}

function viewerOf(viewer: any): PropertyValues {
  if (viewer.cloudfrontDefaultCertificate === true) return { CloudFrontDefaultCertificate: true };
  return {
    CloudFrontDefaultCertificate: false,
    ...(viewer.acmCertificateArn && { ACMCertificateArn: viewer.acmCertificateArn }),
    ...(viewer.iamCertificateId && { IAMCertificateId: viewer.iamCertificateId }),
    ...(viewer.sslSupportMethod && { SSLSupportMethod: viewer.sslSupportMethod }),
    MinimumProtocolVersion: viewer.minimumProtocolVersion ?? "TLSv1",
  };
}
