import type { AwsCloud } from "./awsCloud";
import { domainNamesOf } from "./domainNames";
import { certificatesOf } from "./listenerGuards";
import { listOf } from "./xml";

/** The ARNs of what serves a certificate: load balancers, distributions, domain names of API Gateway. */
export async function usersOf(certificateArn: string, region: string, cloud: AwsCloud): Promise<string[]> {
  const users = new Set<string>();
  const { LoadBalancers } = await cloud.askMoto("elasticloadbalancing", region, "DescribeLoadBalancers");
  for (const { LoadBalancerArn } of listOf(LoadBalancers)) {
    const { Listeners } = await cloud.askMoto("elasticloadbalancing", region, "DescribeListeners", { LoadBalancerArn });
    for (const listener of listOf(Listeners))
      if (certificatesOf(listener, cloud).includes(certificateArn)) users.add(LoadBalancerArn);
  }
  const { Items } = await cloud.askMoto("cloudfront", "us-east-1", "ListDistributions");
  for (const { Id } of listOf(Items?.DistributionSummary)) {
    // moto's list does not say what they serve.
    const { ARN, DistributionConfig } = await cloud.askMoto("cloudfront", "us-east-1", "GetDistribution", { Id });
    if (DistributionConfig.ViewerCertificate?.ACMCertificateArn === certificateArn) users.add(ARN);
  }
  for (const { arn, certificateArn: served } of domainNamesOf(cloud)) if (served === certificateArn) users.add(arn);
  return [...users];
}
