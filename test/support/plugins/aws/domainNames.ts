import type { AwsCloud } from "./awsCloud";

/** A domain name of API Gateway, of REST and of HTTP APIs alike. */
export interface DomainName {
  readonly arn: string;
  readonly certificateArns: readonly string[];
}

export function domainNamesOf(cloud: AwsCloud): DomainName[] {
  return [...((cloud.memory.get("domain names") as Map<string, DomainName> | undefined)?.values() ?? [])];
}
