import { isAwsError } from "../awsError";
import { type AwsType, tagChanges, tagList, tagRecord } from "../awsType";
import { saying } from "../saying";

const service = "secretsmanager";

/** terraform-provider-aws, internal/service/secretsmanager/secret.go. */
export const secret: AwsType = {
  token: "aws:secretsmanager/secret:Secret",
  required: [],
  forceNew: ["name", "namePrefix"],
  computed: ["arn", "policy", "replicas"],
  defaults: { forceOverwriteReplicaSecret: false, recoveryWindowInDays: 30 },
  autoName: "name",

  async create({ name, description, kmsKeyId, policy, replicas = [] }, { ask, tags }) {
    const { ARN } = await saying(`creating Secrets Manager Secret (${name})`, () =>
      ask(service, "CreateSecret", {
        Name: name,
        ...(description !== undefined && { Description: description }),
        ...(kmsKeyId !== undefined && { KmsKeyId: kmsKeyId }),
        ...(replicas.length > 0 && { AddReplicaRegions: replicas.map(({ region }: any) => ({ Region: region })) }),
        ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
      }),
    );
    if (policy !== undefined) await ask(service, "PutResourcePolicy", { SecretId: ARN, ResourcePolicy: policy });
    return ARN;
  },

  async read(id, known, { ask }) {
    try {
      const found = await ask(service, "DescribeSecret", { SecretId: id });
      if (found.DeletedDate) return undefined;
      const { ResourcePolicy } = await ask(service, "GetResourcePolicy", { SecretId: id });
      return {
        arn: found.ARN,
        name: found.Name,
        policy: ResourcePolicy ?? "",
        replicas: known["replicas"] ?? [],
        ...(known["description"] !== undefined && { description: found.Description ?? "" }),
        ...(known["kmsKeyId"] !== undefined && { kmsKeyId: found.KmsKeyId ?? "" }),
        tagsAll: tagRecord(found.Tags ?? []),
      };
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }
  },

  async update(id, { description = "", kmsKeyId, policy }, olds, { ask, tags }) {
    if (description !== (olds["description"] ?? "") || kmsKeyId !== olds["kmsKeyId"])
      await saying(`updating Secrets Manager Secret (${id})`, () =>
        ask(service, "UpdateSecret", {
          SecretId: id,
          Description: description,
          ...(kmsKeyId && { KmsKeyId: kmsKeyId }),
        }),
      );
    if (policy !== undefined && policy !== olds["policy"])
      await ask(service, "PutResourcePolicy", { SecretId: id, ResourcePolicy: policy });
    const { set, remove } = tagChanges(olds["tagsAll"], tags);
    if (remove.length > 0) await ask(service, "UntagResource", { SecretId: id, TagKeys: remove });
    if (Object.keys(set).length > 0) await ask(service, "TagResource", { SecretId: id, Tags: tagList(set) });
  },

  async delete(id, { recoveryWindowInDays }, { ask }) {
    const how =
      recoveryWindowInDays === 0
        ? { ForceDeleteWithoutRecovery: true }
        : { RecoveryWindowInDays: recoveryWindowInDays };
    try {
      await ask(service, "DeleteSecret", { SecretId: id, ...how });
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return;
      throw new Error(`deleting Secrets Manager Secret (${id}): ${(error as Error).message}`, { cause: error });
    }
  },
};
