import { isAwsError } from "../awsError";
import { type AwsType, tagList, tagRecord } from "../awsType";
import { elb, retag } from "../elasticLoadBalancing";
import { saying } from "../saying";
import { listOf } from "../xml";

/** terraform-provider-aws, internal/service/elbv2/load_balancer.go; attributes beyond its name, kind and subnets are left out. */
export const loadBalancer: AwsType = {
  token: "aws:lb/loadBalancer:LoadBalancer",
  required: [],
  forceNew: ["name", "internal", "loadBalancerType"],
  computed: ["arn", "arnSuffix", "dnsName", "ipAddressType", "securityGroups", "vpcId", "zoneId"],
  sets: ["subnets", "securityGroups"],
  defaults: { loadBalancerType: "application" },
  autoName: "name",

  async create({ name, internal = false, loadBalancerType, subnets = [], securityGroups = [] }, { ask, tags }) {
    const { LoadBalancers } = await saying(`creating ELBv2 ${loadBalancerType} Load Balancer (${name})`, () =>
      ask(elb, "CreateLoadBalancer", {
        Name: name,
        Type: loadBalancerType,
        Scheme: internal ? "internal" : "internet-facing",
        ...(subnets.length > 0 && { Subnets: subnets }),
        ...(securityGroups.length > 0 && { SecurityGroups: securityGroups }),
        ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
      }),
    );
    return listOf(LoadBalancers)[0].LoadBalancerArn;
  },

  async read(id, _known, { ask }) {
    try {
      const { LoadBalancers } = await ask(elb, "DescribeLoadBalancers", { LoadBalancerArns: [id] });
      const { TagDescriptions } = await ask(elb, "DescribeTags", { ResourceArns: [id] });
      const found = listOf(LoadBalancers)[0];
      return {
        arn: id,
        arnSuffix: id.replace(/^.*:loadbalancer\//, ""),
        dnsName: found.DNSName,
        name: found.LoadBalancerName,
        internal: found.Scheme === "internal",
        ipAddressType: found.IpAddressType,
        loadBalancerType: found.Type,
        subnets: listOf(found.AvailabilityZones)
          .map(({ SubnetId }) => SubnetId)
          .sort(),
        vpcId: found.VpcId,
        zoneId: found.CanonicalHostedZoneId,
        tagsAll: tagRecord(listOf(listOf(TagDescriptions)[0]?.Tags)),
      };
    } catch (error) {
      if (isAwsError(error, "LoadBalancerNotFound")) return undefined;
      throw error;
    }
  },

  update: (id, _inputs, olds, context) => retag(id, olds, context),

  async delete(id, _olds, { ask }) {
    await saying(`deleting ELBv2 Load Balancer (${id})`, () => ask(elb, "DeleteLoadBalancer", { LoadBalancerArn: id }));
  },
};
