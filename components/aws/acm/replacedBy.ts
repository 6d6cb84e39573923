import * as pulumi from "@pulumi/pulumi";
import { type CertificateToDeploy, type KeySpec, keySpecOf } from "../../../sdk";

/**
 * What must stay the same for ACM to keep an ARN: the kind and size of the key, and the usages. When this text changes, a
 * new certificate is imported, attached, and only then the old one deleted. Removing usages is what ACM refuses; the
 * engine compares for equality alone, so that an added one changes the ARN as well.
 *
 * Not part of it is what ACM lets go by itself: client authentication, and key encipherment for ECDSA keys.
 * https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html
 */
export function replacedBy(certificate: CertificateToDeploy): pulumi.Output<string | undefined> {
  return keySpecOf(certificate).apply((spec) => (spec === undefined ? notKnown() : textOf(spec)));
}

/** Nothing replaces nothing, in a preview; an update must have a value. */
function notKnown(): string | undefined {
  return pulumi.runtime.isDryRun() ? undefined : "not issued";
}

function textOf({ algorithm, keyUsages, extendedKeyUsages }: KeySpec): string {
  const ofKey = keyUsages?.filter((usage) => usage !== "keyEncipherment" || algorithm.startsWith("RSA"));
  const ofPurpose = extendedKeyUsages?.filter((usage) => usage !== "clientAuth");
  return [algorithm, ofKey, ofPurpose]
    .map((part) => (Array.isArray(part) ? part.join("+") : (part ?? "any")))
    .join(" ");
}
