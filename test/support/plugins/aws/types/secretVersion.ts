import { randomUUID } from "node:crypto";
import { isAwsError } from "../awsError";
import type { AwsType } from "../awsType";
import { saying } from "../saying";

const service = "secretsmanager";
const isGone = (error: unknown): boolean =>
  isAwsError(error, "ResourceNotFoundException") ||
  (isAwsError(error, "InvalidRequestException") && /(was|marked for) delet/.test(error.reason));

/**
 * terraform-provider-aws, internal/service/secretsmanager/secret_version.go. A version is not deleted: its labels are taken
 * off, except AWSCURRENT, and Secrets Manager forgets versions without labels.
 */
export const secretVersion: AwsType = {
  token: "aws:secretsmanager/secretVersion:SecretVersion",
  required: ["secretId"],
  forceNew: ["secretBinary", "secretId", "secretString", "secretStringWoVersion"],
  computed: ["arn", "hasSecretStringWo", "versionId", "versionStages"],
  sets: ["versionStages"],
  tagged: false,
  check: ({ secretBinary, secretString }) =>
    secretBinary !== undefined && secretString !== undefined
      ? `Conflicting configuration arguments. "secret_binary": conflicts with secret_string`
      : undefined,

  async create({ secretId, secretString, secretStringWo = secretString, secretBinary, versionStages }, { ask }) {
    const { VersionId } = await saying(`putting Secrets Manager Secret (${secretId}) value`, () =>
      ask(service, "PutSecretValue", {
        SecretId: secretId,
        ClientRequestToken: randomUUID(),
        ...(secretStringWo !== undefined && { SecretString: secretStringWo }),
        ...(secretBinary !== undefined && { SecretBinary: secretBinary }),
        ...(versionStages !== undefined && { VersionStages: versionStages }),
      }),
    );
    return `${secretId}|${VersionId}`;
  },

  async read(id, known, { ask }) {
    const [SecretId, VersionId] = id.split("|");
    try {
      const found = await ask(service, "GetSecretValue", { SecretId, VersionId });
      return {
        arn: found.ARN,
        secretId: SecretId,
        versionId: VersionId,
        versionStages: found.VersionStages,
        hasSecretStringWo: known["secretStringWo"] !== undefined,
        ...(known["secretString"] !== undefined && { secretString: found.SecretString }),
        ...(known["secretBinary"] !== undefined && { secretBinary: found.SecretBinary }),
      };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async update(id, { versionStages = [] }, olds, { ask }) {
    const [SecretId, VersionId] = id.split("|");
    for (const VersionStage of versionStages)
      if (!olds["versionStages"].includes(VersionStage))
        await ask(service, "UpdateSecretVersionStage", { SecretId, VersionStage, MoveToVersionId: VersionId });
  },

  async delete(id, { versionStages }, { ask }) {
    const [SecretId, VersionId] = id.split("|");
    try {
      for (const VersionStage of versionStages)
        if (VersionStage !== "AWSCURRENT")
          await ask(service, "UpdateSecretVersionStage", { SecretId, VersionStage, RemoveFromVersionId: VersionId });
    } catch (error) {
      if (isGone(error)) return;
      throw new Error(`deleting Secrets Manager Secret Version (${id}): ${(error as Error).message}`, { cause: error });
    }
  },
};
