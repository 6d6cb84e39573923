import type { PropertyValues } from "../propertyValues";
import { account } from "./awsCloud";
import type { AwsContext } from "./awsType";
import { saying } from "./saying";
import { listenerOutputs } from "./types/listener";
import { tagRecord } from "./awsType";
import { listOf } from "./xml";

type AwsFunction = (args: PropertyValues, context: AwsContext) => Promise<PropertyValues>;

/** The data sources that components ask, by their token. */
export const functions: Readonly<Record<string, AwsFunction>> = {
  "aws:lb/getListener:getListener": async ({ arn, loadBalancerArn, port }, { ask, region }) => {
    const given = arn === undefined ? { LoadBalancerArn: loadBalancerArn } : { ListenerArns: [arn] };
    const { Listeners } = await saying("reading ELBv2 Listener", () =>
      ask("elasticloadbalancing", "DescribeListeners", given),
    );
    const found = listOf(Listeners).find(({ Port }) => arn !== undefined || Number(Port) === port);
    if (found === undefined) throw new Error("reading ELBv2 Listener: couldn't find resource");
    const { ListenerArn } = found;
    const { TagDescriptions } = await ask("elasticloadbalancing", "DescribeTags", { ResourceArns: [ListenerArn] });
    const tags = tagRecord(listOf(listOf(TagDescriptions)[0]?.Tags));
    return { id: ListenerArn, region, ...listenerOutputs(found), alpnPolicy: "", defaultActions: [], tags };
  },
  "aws:index/getCallerIdentity:getCallerIdentity": async (_args, { ask }) => {
    const { Account, Arn, UserId } = await ask("sts", "GetCallerIdentity");
    return { id: Account, accountId: Account, arn: Arn, userId: UserId };
  },
  "aws:index/getRegion:getRegion": async ({ name }, { region }) => {
    const found = name ?? region;
    return { id: found, name: found, region: found, description: found, endpoint: `ec2.${found}.amazonaws.com` };
  },
  "aws:index/getPartition:getPartition": async () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
    accountId: account,
  }),
};
