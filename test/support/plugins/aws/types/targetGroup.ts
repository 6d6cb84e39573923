import { isAwsError } from "../awsError";
import { type AwsType, tagList, tagRecord } from "../awsType";
import { elb, retag } from "../elasticLoadBalancing";
import { saying } from "../saying";
import { listOf } from "../xml";

/** terraform-provider-aws, internal/service/elbv2/target_group.go; health checks are left as the service sets them. */
export const targetGroup: AwsType = {
  token: "aws:lb/targetGroup:TargetGroup",
  required: [],
  forceNew: ["name", "port", "protocol", "targetType", "vpcId"],
  computed: ["arn", "arnSuffix", "healthCheck"],
  defaults: { targetType: "instance" },
  autoName: "name",

  async create({ name, port, protocol, targetType, vpcId }, { ask, tags }) {
    const { TargetGroups } = await saying(`creating ELBv2 Target Group (${name})`, () =>
      ask(elb, "CreateTargetGroup", {
        Name: name,
        Port: port,
        Protocol: protocol,
        TargetType: targetType,
        VpcId: vpcId,
        ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
      }),
    );
    return listOf(TargetGroups)[0].TargetGroupArn;
  },

  async read(id, _known, { ask }) {
    try {
      const { TargetGroups } = await ask(elb, "DescribeTargetGroups", { TargetGroupArns: [id] });
      const { TagDescriptions } = await ask(elb, "DescribeTags", { ResourceArns: [id] });
      const found = listOf(TargetGroups)[0];
      return {
        arn: id,
        arnSuffix: id.replace(/^.*:(?=targetgroup\/)/, ""),
        name: found.TargetGroupName,
        port: Number(found.Port),
        protocol: found.Protocol,
        targetType: found.TargetType,
        vpcId: found.VpcId,
        tagsAll: tagRecord(listOf(listOf(TagDescriptions)[0]?.Tags)),
      };
    } catch (error) {
      if (isAwsError(error, "TargetGroupNotFound")) return undefined;
      throw error;
    }
  },

  update: (id, _inputs, olds, context) => retag(id, olds, context),

  async delete(id, _olds, { ask }) {
    await saying(`deleting ELBv2 Target Group (${id})`, () => ask(elb, "DeleteTargetGroup", { TargetGroupArn: id }));
  },
};
