import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "../../sdk";
import type { OwnerArgs } from "../owner";
import type { Transform } from "../transform";
import type { VerifyArgs } from "../verified";
import type { Labels } from "./labels";
import { TlsSecret, type TlsSecretArgs } from "./tlsSecret";

/** Arguments of what serves a certificate from a secret of its own. */
export interface ServingArgs {
  /** Labels of what is created. Changing them **updates in place**. @default those of `owner` */
  labels?: Labels;
  /** Who it belongs to, as labels `pulumi-certificates/owner-…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** Where the certificate must be served once all of it is in place. Changing it **verifies again**. @default nothing is verified */
  verify?: VerifyArgs;
}

interface OwnSecretArgs extends ServingArgs {
  certificate: CertificateToDeploy;
  secretName?: pulumi.Input<string>;
  takeOver?: boolean;
  transform?: { secret?: Transform<kubernetes.core.v1.SecretArgs> };
}

/** The secret from which a component serves, `${name}-tls`. */
export function ownSecret(
  name: string,
  { certificate, secretName, labels, owner, takeOver, transform }: OwnSecretArgs,
  namespace: pulumi.Input<string> | undefined,
  parent: pulumi.Resource,
  extraData?: TlsSecretArgs["extraData"],
): TlsSecret {
  const args: TlsSecretArgs = {
    certificate,
    ...(namespace !== undefined && { namespace }),
    ...(secretName !== undefined && { secretName }),
    ...(extraData !== undefined && { extraData }),
    ...(labels !== undefined && { labels }),
    ...(owner !== undefined && { owner }),
    ...(takeOver !== undefined && { takeOver }),
    ...(transform?.secret && { transform: { secret: transform.secret } }),
  };
  return new TlsSecret(`${name}-tls`, args, { parent });
}
