import type { AwsCloud } from "./awsCloud";
import { acmGuards } from "./acmGuards";
import { distributionGuards } from "./distributionGuards";
import { domainNameGuards } from "./domainNames";
import { listenerGuards } from "./listenerGuards";
import { recordGuards } from "./recordGuards";
import type { AwsRequest } from "./wire";

/** Answers a request in place of moto, mostly by asking moto after the rules of the service were looked at. */
export type Guard = (request: AwsRequest, cloud: AwsCloud) => Promise<any>;

/** By service and action. */
export const guards: Readonly<Record<string, Guard>> = {
  ...acmGuards,
  ...distributionGuards,
  ...domainNameGuards,
  ...listenerGuards,
  ...recordGuards,
};
