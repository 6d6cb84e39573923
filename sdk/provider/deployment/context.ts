import { parseDuration } from "../../duration";
import type { Host } from "../../targets/hosts/host";
import type { Revision, TargetContext } from "../../targets/target";
import { verificationFailed } from "../../verify/describeFailures";
import { verifyEndpoints } from "../../verify/verifyEndpoints";
import type { Credentials } from "../define";
import { assertEngineAlive } from "../engine";
import { materialOf } from "./material";
import type { DeploymentInputs } from "./state";

export const defaultTimeout = "2m";

export function contextOf(id: string, { name, owner }: DeploymentInputs, host: Host): TargetContext {
  return {
    host,
    instance: { id, resource: name, ...(owner === undefined ? {} : { owner }) },
    beforeStep: assertEngineAlive,
  };
}

/** Throws unless the endpoints serve the revision; `isAsked` chooses among them by their address. */
export async function verifyServed(
  { endpoints = [], timeout = defaultTimeout, certificate, ...news }: DeploymentInputs,
  credentials: Credentials,
  revision: Revision | undefined,
  isAsked: (address: string) => boolean = () => true,
): Promise<void> {
  const asked = endpoints.filter(({ address }) => isAsked(address));
  const fingerprintSha256 = revision?.fingerprintSha256;
  // What was taken over may hold no certificate that anyone knows.
  if (asked.length === 0 || fingerprintSha256 === undefined) return;
  const isNew = fingerprintSha256 === certificate.fingerprintSha256;
  const { chainPem, trustBundlePem } = (isNew ? materialOf({ ...news, certificate }, credentials) : undefined) ?? {};
  const result = await verifyEndpoints({
    endpoints: asked,
    timeoutMs: parseDuration(timeout, "timeout"),
    expected: {
      fingerprintSha256,
      dnsNames: certificate.dnsNames,
      ...(chainPem === undefined ? {} : { intermediatesPem: chainPem }),
      ...(trustBundlePem === undefined ? {} : { trustBundlePem }),
    },
  });
  if (!result.ok) throw verificationFailed(result.failures);
}
