import { isAwsError } from "../awsError";
import { type AwsType, tagChanges, tagList, tagRecord } from "../awsType";
import { listOf } from "../xml";

/** What load balancers stand in, as far as they need it: terraform-provider-aws, internal/service/ec2/vpc_.go. */
export const vpc = network({
  token: "aws:ec2/vpc:Vpc",
  kind: "Vpc",
  required: [],
  forceNew: ["cidrBlock"],
  request: ({ cidrBlock }) => ({ CidrBlock: cidrBlock }),
  outputs: ({ CidrBlock }) => ({ cidrBlock: CidrBlock }),
});

/** internal/service/ec2/vpc_subnet.go */
export const subnet = network({
  token: "aws:ec2/subnet:Subnet",
  kind: "Subnet",
  required: ["vpcId"],
  forceNew: ["availabilityZone", "cidrBlock", "vpcId"],
  request: ({ vpcId, cidrBlock, availabilityZone }) => ({
    VpcId: vpcId,
    CidrBlock: cidrBlock,
    AvailabilityZone: availabilityZone,
  }),
  outputs: ({ VpcId, CidrBlock, AvailabilityZone }) => ({
    vpcId: VpcId,
    cidrBlock: CidrBlock,
    availabilityZone: AvailabilityZone,
  }),
});

interface NetworkKind extends Pick<AwsType, "token" | "required" | "forceNew"> {
  readonly kind: "Vpc" | "Subnet";
  request(inputs: Record<string, any>): Record<string, unknown>;
  outputs(found: any): Record<string, unknown>;
}

function network({ token, kind, required, forceNew, request, outputs }: NetworkKind): AwsType {
  const [id, set, answer] = [`${kind}Id`, `${kind.toLowerCase()}Set`, kind.toLowerCase()];
  return {
    token,
    required,
    forceNew,
    computed: ["arn", ...forceNew],
    async create(inputs, { ask, tags }) {
      const made = await ask("ec2", `Create${kind}`, request(inputs));
      const name: string = made[answer][`${answer}Id`];
      if (Object.keys(tags).length > 0) await ask("ec2", "CreateTags", { ResourceId: [name], Tag: tagList(tags) });
      return name;
    },
    async read(name, _known, { ask, region }) {
      try {
        const found = listOf((await ask("ec2", `Describe${kind}s`, { [id]: [name] }))[set])[0];
        const capital = Object.fromEntries(
          Object.entries(found).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]),
        );
        const tags = listOf(found.tagSet).map(({ key, value }) => ({ Key: key, Value: value }));
        const arn = `arn:aws:ec2:${region}:${found.ownerId}:${answer}/${name}`;
        return { arn, ...outputs(capital), tagsAll: tagRecord(tags) };
      } catch (error) {
        if (isAwsError(error, `Invalid${kind}ID.NotFound`)) return undefined;
        throw error;
      }
    },
    async update(name, _inputs, olds, { ask, tags }) {
      const { set: added, remove } = tagChanges(olds["tagsAll"], tags);
      if (remove.length > 0)
        await ask("ec2", "DeleteTags", { ResourceId: [name], Tag: remove.map((Key) => ({ Key })) });
      if (Object.keys(added).length > 0) await ask("ec2", "CreateTags", { ResourceId: [name], Tag: tagList(added) });
    },
    async delete(name, _olds, { ask }) {
      await ask("ec2", `Delete${kind}`, { [id]: name });
    },
  };
}
