import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "../../sdk";
import { explained } from "../explain";
import type { OwnerArgs } from "../owner";
import { checked, refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { secretExplanations } from "./explanations";
import { checkRegions } from "./acm/regions";
import { type SecretField, type SecretFormat, namesOfFields, secretText } from "./secretFields";
import { type TagsArgs, tagsOf } from "./tags";

/** A further region that holds a copy of a secret. */
export interface SecretReplicaArgs {
  /** The region. */
  region: pulumi.Input<string>;
  /** The KMS key there: its ARN, ID or alias. @default `aws/secretsmanager`, the key of the service */
  kmsKeyId?: pulumi.Input<string>;
}

/** Arguments of a {@link SecretsManagerCertificate}. */
export interface SecretsManagerCertificateArgs {
  /** What to store: a `Certificate`, a member of a `CertificateSet`, or PEM. Another certificate makes a **new version in place**. */
  certificate: CertificateToDeploy;
  /** The name of the secret: `prod/web/tls`. Changing it **replaces**. @default the resource's name and a random suffix */
  secretName?: pulumi.Input<string>;
  /** What it is for. Changing it **updates in place**. @default none */
  description?: pulumi.Input<string>;
  /** The names of the fields in its JSON text, false for what is left out. Changing them makes a **new version**. @default all, by their own names */
  format?: SecretFormat;
  /** The KMS key that encrypts it: its ARN, ID or alias. Changing it **updates in place**. @default `aws/secretsmanager`, the key of the service */
  kmsKeyId?: pulumi.Input<string>;
  /** Regions that hold a copy of it, always of the same version. Changing them **updates in place**. @default none */
  replicas?: pulumi.Input<pulumi.Input<SecretReplicaArgs>[]>;
  /** Days within which a deleted secret can be restored, 7 to 30; 0 ends it at once. Changing it **updates in place**. @default 30 */
  recoveryWindowInDays?: pulumi.Input<number>;
  /** Where it is. Changing it **replaces**. @default the provider's region */
  region?: pulumi.Input<string>;
  /** Tags of the secret. Changing them **updates in place**. @default none */
  tags?: TagsArgs;
  /** Who it belongs to, as tags: `owner:team`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** A last word on what is registered, such as the secret's `policy`. @default nothing is changed */
  transform?: {
    secret?: Transform<aws.secretsmanager.SecretArgs>;
    version?: Transform<aws.secretsmanager.SecretVersionArgs>;
  };
}

/**
 * A certificate and its key in AWS Secrets Manager, for programs that fetch them by themselves: one JSON text, so that
 * both always fit together.
 *
 * A renewal adds a version, which becomes AWSCURRENT in one step; the one before stays AWSPREVIOUS. Deleting it deletes
 * the secret, which can be restored within its recovery window.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example.com"] });
 * const stored = new SecretsManagerCertificate("web", {
 *   certificate: web,
 *   secretName: "prod/web/tls",
 *   format: { certificate: false, chain: false, fullChain: "tls.crt", privateKey: "tls.key" },
 * });
 * export const secretArn = stored.secretArn;
 */
export class SecretsManagerCertificate extends pulumi.ComponentResource {
  /** The ARN of the secret. */
  readonly secretArn: pulumi.Output<string>;
  /** The version that is AWSCURRENT. */
  readonly versionId: pulumi.Output<string>;
  /** SHA-256 of the certificate that is stored, hexadecimal. */
  readonly fingerprintSha256: pulumi.Output<string>;

  constructor(name: string, args: SecretsManagerCertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:aws:SecretsManagerCertificate", name, {}, options);
    checkRegions({ region: args.region });
    const { certificate, description, kmsKeyId, region, transform } = args;
    const names = namesOfFields(args.format);
    const tags = tagsOf(args.tags, args.owner);

    const secret = new aws.secretsmanager.Secret(
      ...transformed(
        transform?.secret,
        name,
        {
          ...(args.secretName !== undefined && { name: checked(args.secretName, checkName) }),
          ...(description !== undefined && { description }),
          ...(kmsKeyId !== undefined && { kmsKeyId }),
          ...(args.replicas !== undefined && { replicas: args.replicas }),
          ...(args.recoveryWindowInDays !== undefined && {
            recoveryWindowInDays: checked(args.recoveryWindowInDays, checkWindow),
          }),
          ...(region !== undefined && { region }),
          ...(tags && { tags }),
        },
        explained("secretsmanager secret", secretExplanations, { parent: this }),
      ),
    );
    const version = new aws.secretsmanager.SecretVersion(
      ...transformed(
        transform?.version,
        `${name}-version`,
        { secretId: secret.id, secretString: textOf(certificate, names), ...(region !== undefined && { region }) },
        explained("secretsmanager secret", secretExplanations, {
          parent: this,
          additionalSecretOutputs: ["secretString"],
        }),
      ),
    );
    this.secretArn = secret.arn;
    this.versionId = version.versionId;
    this.fingerprintSha256 = pulumi
      .all([certificate.fingerprintSha256, version.versionId])
      .apply(([fingerprint]) => fingerprint);
    const { secretArn, versionId, fingerprintSha256 } = this;
    this.registerOutputs({ secretArn, versionId, fingerprintSha256 });
  }
}

/** What is stored, a secret. */
function textOf(certificate: CertificateToDeploy, names: ReadonlyMap<SecretField, string>): pulumi.Output<string> {
  const { certificatePem, chainPem, privateKeyPem } = certificate;
  const parts = pulumi.all([certificatePem, chainPem, privateKeyPem]);
  return pulumi.secret(
    parts.apply(([certificate, chain, key]) =>
      secretText(names, { certificatePem: certificate, chainPem: chain, privateKeyPem: key }),
    ),
  );
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
function checkName(secretName: string): void {
  if (/^[\w/+=.@-]{1,512}$/.test(secretName)) return;
  throw refusal(
    "secretName",
    `"${secretName}" is no name of a secret.`,
    "Use 1 to 512 letters, digits and the characters / _ + = . @ -",
  );
}

function checkWindow(days: number): void {
  if (days === 0 || (Number.isInteger(days) && days >= 7 && days <= 30)) return;
  throw refusal("recoveryWindowInDays", `${days} is not possible.`, "Use 7 to 30, or 0 to delete the secret at once.");
}
