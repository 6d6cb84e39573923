import { randomUUID } from "node:crypto";
import { isAwsError } from "../awsError";
import { type AwsType, tagChanges, tagList, tagRecord } from "../awsType";
import { saying } from "../saying";
import { listOf } from "../xml";

/** terraform-provider-aws, internal/service/route53/zone.go. */
export const zone: AwsType = {
  token: "aws:route53/zone:Zone",
  required: [],
  forceNew: ["name", "delegationSetId"],
  computed: ["arn", "nameServers", "primaryNameServer", "zoneId"],
  globalRegion: "us-east-1",
  defaults: { comment: "Managed by Pulumi", forceDestroy: false },
  autoName: "name",

  async create({ name, comment, vpcs }, { ask, tags, region }) {
    const { HostedZone } = await saying(`creating Route53 Hosted Zone (${name})`, () =>
      ask("route53", "CreateHostedZone", {
        Name: name,
        CallerReference: randomUUID(),
        HostedZoneConfig: { Comment: comment, PrivateZone: vpcs !== undefined },
        ...(vpcs !== undefined && { VPC: { VPCId: vpcs[0].vpcId, VPCRegion: vpcs[0].vpcRegion ?? region } }),
      }),
    );
    const id: string = HostedZone.Id.replace("/hostedzone/", "");
    if (Object.keys(tags).length > 0)
      await ask("route53", "ChangeTagsForResource", {
        ResourceType: "hostedzone",
        ResourceId: id,
        AddTags: tagList(tags),
      });
    return id;
  },

  async read(id, _known, { ask }) {
    try {
      const { HostedZone, DelegationSet } = await ask("route53", "GetHostedZone", { Id: id });
      const { ResourceTagSet } = await ask("route53", "ListTagsForResource", {
        ResourceType: "hostedzone",
        ResourceId: id,
      });
      const nameServers = listOf(DelegationSet?.NameServers?.NameServer) as string[];
      return {
        arn: `arn:aws:route53:::hostedzone/${id}`,
        zoneId: id,
        name: HostedZone.Name.replace(/\.$/, ""),
        nameServers: [...nameServers].sort(),
        primaryNameServer: nameServers[0] ?? "",
        tagsAll: tagRecord(listOf(ResourceTagSet?.Tags?.Tag)),
      };
    } catch (error) {
      if (isAwsError(error, "NoSuchHostedZone")) return undefined;
      throw error;
    }
  },

  async update(id, _inputs, olds, { ask, tags }) {
    const { set, remove } = tagChanges(olds["tagsAll"], tags);
    const tagged = { ResourceType: "hostedzone", ResourceId: id };
    if (remove.length > 0) await ask("route53", "ChangeTagsForResource", { ...tagged, RemoveTagKeys: remove });
    if (Object.keys(set).length > 0)
      await ask("route53", "ChangeTagsForResource", { ...tagged, AddTags: tagList(set) });
  },

  async delete(id, _olds, { ask }) {
    await saying(`deleting Route53 Hosted Zone (${id})`, () => ask("route53", "DeleteHostedZone", { Id: id }));
  },
};
