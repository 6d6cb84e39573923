import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority } from "pulumi-certificates";
import { CloudFrontTls } from "pulumi-certificates/aws";

const config = new pulumi.Config();

const root = new CertificateAuthority("root", { commonName: "Example Root", duration: "10y" });
const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1", duration: "3y", issuer: root });
const site = new Certificate("site", {
  issuer: issuing,
  commonName: "www.internal.example", // what the console of ACM shows
  dnsNames: ["www.internal.example", "static.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

// Wherever the rest of the stack is, CloudFront takes its certificate from us-east-1: it is imported there.
const tls = new CloudFrontTls("site", {
  certificate: site,
  aliases: ["www.internal.example", "static.internal.example"],
  minimumProtocolVersion: "TLSv1.2_2021",
});

const distribution = new aws.cloudfront.Distribution("site", {
  enabled: true,
  comment: "The certificate is that of the stack.",
  aliases: tls.aliases,
  viewerCertificate: tls.viewerCertificate,
  origins: [
    {
      originId: "site",
      domainName: config.require("origin"),
      customOriginConfig: {
        httpPort: 80,
        httpsPort: 443,
        originProtocolPolicy: "https-only",
        originSslProtocols: ["TLSv1.2"],
      },
    },
  ],
  defaultCacheBehavior: {
    targetOriginId: "site",
    viewerProtocolPolicy: "redirect-to-https",
    allowedMethods: ["GET", "HEAD"],
    cachedMethods: ["GET", "HEAD"],
    cachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6", // CachingOptimized, managed by AWS
  },
  restrictions: { geoRestriction: { restrictionType: "none" } },
});

export const distributionId = distribution.id;
export const domainName = distribution.domainName;
export const certificateArn = tls.certificateArn;
export const fingerprintSha256 = site.fingerprintSha256;
