import type * as pulumi from "@pulumi/pulumi";
import { type CertificateToDeploy, EndpointVerification, type EndpointVerificationArgs } from "../sdk";

/** Where a component's certificate must be served once all of it is in place. */
export type VerifyArgs = Omit<EndpointVerificationArgs, "certificate">;

/** The verification of a component, after its other children; undefined where nothing is to be verified. */
export function verified(
  name: string,
  certificate: CertificateToDeploy | readonly CertificateToDeploy[],
  verify: VerifyArgs | undefined,
  parent: pulumi.Resource,
  after: readonly pulumi.Resource[],
): EndpointVerification | undefined {
  if (verify === undefined) return undefined;
  return new EndpointVerification(`${name}-live`, { certificate, ...verify }, { parent, dependsOn: [...after] });
}
