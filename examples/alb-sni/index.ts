import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, CertificateAuthority } from "pulumi-certificates";
import { ListenerTls } from "pulumi-certificates/aws";

const config = new pulumi.Config();

const root = new CertificateAuthority("root", { commonName: "Example Root", duration: "10y" });
const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1", duration: "3y", issuer: root });
const www = new Certificate("www", {
  issuer: issuing,
  commonName: "www.internal.example", // what the console of ACM shows
  dnsNames: ["www.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});
const api = new Certificate("api", {
  issuer: issuing,
  commonName: "api.internal.example",
  dnsNames: ["api.internal.example"],
  duration: "1y",
  renewBefore: "60d",
});

const balancer = new aws.lb.LoadBalancer("web", {
  name: "web",
  internal: true,
  loadBalancerType: "application",
  subnets: config.requireObject<string[]>("subnets"), // in two availability zones
});

const pods = new aws.lb.TargetGroup("pods", {
  name: "pods",
  targetType: "ip",
  vpcId: config.require("vpc"),
  port: 8080,
  protocol: "HTTP",
});

const https = new ListenerTls("https", {
  loadBalancerArn: balancer.arn,
  certificates: [www, api], // each by SNI, the first one also to clients that send no name
  defaultActions: [{ type: "forward", targetGroupArn: pods.arn }],
  owner: { team: "platform" },
});

export const listenerArn = https.listenerArn;
export const certificateArns = https.certificateArns;
export const fingerprints = { www: www.fingerprintSha256, api: api.fingerprintSha256 };
