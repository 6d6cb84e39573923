import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority } from "pulumi-certificates";
import { ApiGatewayDomainName } from "pulumi-certificates/aws";

const config = new pulumi.Config();
const name = "api.internal.example";

const root = new CertificateAuthority("root", { commonName: "Example Root", duration: "10y" });
const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1", duration: "3y", issuer: root });
const api = new Certificate("api", {
  issuer: issuing,
  commonName: name, // what the console of ACM shows
  dnsNames: [name],
  privateKey: { algorithm: config.get("keyAlgorithm") === "RSA-2048" ? "RSA-2048" : "ECDSA-P256" },
  duration: "90d",
  renewBefore: "30d",
});

const domain = new ApiGatewayDomainName("api", { domainName: name, certificate: api, kind: "http" });

const zone = new aws.route53.Zone("internal", { name: "internal.example" });
new aws.route53.Record("api", {
  zoneId: zone.zoneId,
  name: domain.domainName,
  type: "A",
  aliases: [{ name: domain.targetDomainName, zoneId: domain.hostedZoneId, evaluateTargetHealth: false }],
});

export const certificateArn = domain.certificateArn;
export const fingerprintSha256 = api.fingerprintSha256;
