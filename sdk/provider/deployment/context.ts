import { parseDuration } from "../../duration";
import type { Host } from "../../targets/hosts/host";
import type { Revision, TargetContext } from "../../targets/target";
import { vantageOf } from "../../targets/hosts/sshVantage";
import { verificationFailed } from "../../verify/describeFailures";
import { verifyEndpoints } from "../../verify/verifyEndpoints";
import type { Credentials } from "../define";
import { givenEndpoints, machineOf } from "../endpoints";
import { assertEngineAlive } from "../engine";
import { materialOf } from "./material";
import type { DeploymentInputs } from "./state";

export const defaultTimeout = "2m";

export function contextOf(
  id: string,
  { name, owner }: Pick<DeploymentInputs, "name" | "owner">,
  host: Host,
): TargetContext {
  return {
    host,
    instance: { id, resource: name, ...(owner === undefined ? {} : { owner }) },
    beforeStep: assertEngineAlive,
  };
}

/** Throws unless the endpoints serve the revision; `isAsked` chooses among them by their machine. */
export async function verifyServed(
  { endpoints = [], timeout = defaultTimeout, certificate, ...news }: DeploymentInputs,
  credentials: Credentials,
  revision: Revision | undefined,
  isAsked: (machine: string) => boolean = () => true,
): Promise<void> {
  const asked = givenEndpoints(endpoints, credentials).filter((endpoint) => isAsked(machineOf(endpoint)));
  const fingerprintSha256 = revision?.fingerprintSha256;
  // What was taken over may hold no certificate that anyone knows.
  if (asked.length === 0 || fingerprintSha256 === undefined) return;
  const isNew = fingerprintSha256 === certificate.fingerprintSha256;
  const { chainPem, trustBundlePem } = (isNew ? materialOf({ ...news, certificate }, credentials) : undefined) ?? {};
  const result = await verifyEndpoints({
    endpoints: asked,
    vantageOf,
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
