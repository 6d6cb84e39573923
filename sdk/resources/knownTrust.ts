import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "./certificateDeployment";
import type { Issuer } from "./issuer";
import { valueOf } from "./knownValue";

/** A certificate that can say whose roots it will have. It is asked only when somebody needs to know. */
interface WithTrust {
  readonly __trustBundle?: () => pulumi.Output<string> | undefined;
}

/** @internal The roots of a CA of this program, which are those of what it signs. */
export function rootsOfIssuer(issuer: Issuer): pulumi.Output<string> | undefined {
  const { trustBundlePem } = issuer as { trustBundlePem?: unknown };
  return pulumi.Output.isInstance<string>(trustBundlePem) ? trustBundlePem : undefined;
}

/**
 * The roots that clients of a certificate are to trust. In a preview in which the certificate is due, they are those of
 * the CA that signs it, so that a preview can tell a renewal from a change of the roots.
 */
export function trustBundleOf(certificate: CertificateToDeploy): pulumi.Output<string | undefined> {
  const { trustBundlePem, __trustBundle } = certificate as CertificateToDeploy & WithTrust;
  const ofIssuer = __trustBundle?.();
  const own = pulumi.output(trustBundlePem);
  if (ofIssuer === undefined || !pulumi.runtime.isDryRun()) return own;
  const known = async (): Promise<pulumi.Output<string | undefined>> =>
    (await valueOf(own)) === undefined ? ofIssuer : own;
  return pulumi.output(known());
}
