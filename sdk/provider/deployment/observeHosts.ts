import { CertificatesError, messageOf } from "../../errors";
import { type HostSpec, openHost, parseHost } from "../../targets/hosts/hosts";
import type { TargetContext } from "../../targets/target";
import { reportProgress } from "../progress";
import { contextOf } from "./context";
import { openTarget } from "./material";
import { type DeploymentInputs, type DeploymentOuts, type HostOuts, inputsOf } from "./state";

const concurrency = 10;

/**
 * Looks at what is on each host. One that differs is to be deployed to again, and no other; of one that cannot be
 * reached without the run's credentials nothing is known, which is said, and is no difference.
 */
export async function observeHosts(
  id: string,
  outs: DeploymentOuts,
): Promise<{ outs: DeploymentOuts; inputs: DeploymentInputs }> {
  const hosts: Record<string, HostOuts> = { ...outs.hosts };
  const drift: string[] = [];
  const specs = (outs.waves ?? []).flat().map((host) => parseHost(host, "waves"));
  const waiting = specs.values();
  const work = async (): Promise<void> => {
    for (const spec of waiting) {
      const before = hosts[spec.name];
      if (before === undefined) continue;
      const found = await differencesOn(id, outs, spec, before);
      if (found.length === 0) continue;
      drift.push(...found.map((line) => `${spec.name}: ${line}`));
      hosts[spec.name] = { ...before, settings: "" };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const inputs = inputsOf(outs);
  if (drift.length === 0) return { outs, inputs };
  drift.sort();
  return { outs: { ...outs, hosts, drift }, inputs: { ...inputs, drift } };
}

async function differencesOn(id: string, outs: DeploymentOuts, spec: HostSpec, before: HostOuts): Promise<string[]> {
  return lookedAt(outs.name, spec, async () =>
    differencesAt(outs.target, contextOf(id, outs, await openHost(spec)), before),
  );
}

/** How what is on a target differs from what was deployed there. */
export async function differencesAt(target: unknown, context: TargetContext, before: HostOuts): Promise<string[]> {
  const { kind, spec } = openTarget(target);
  const { current, differences, interrupted } = await kind.observe(spec, context);
  const found = [...differences];
  if (current !== undefined && current.id !== before.deployedRevision)
    found.push(`The target holds the revision ${current.id} instead of ${before.deployedRevision}.`);
  if (interrupted && found.length === 0) found.push("A deployment was interrupted.");
  return found;
}

/** Of a host that cannot be reached nothing is known: that is said. */
export async function lookedAt(name: string, spec: HostSpec, look: () => Promise<string[]>): Promise<string[]> {
  try {
    return await look();
  } catch (error) {
    if (!isOutOfReach(error) && !(CertificatesError.is(error) && error.code === "DeploymentFailed")) throw error;
    reportProgress(name, `What is deployed to ${spec.name} could not be looked at: ${messageOf(error)}`);
    return [];
  }
}

/** Whether nothing is known of a target at an address of its own: it did not answer, or its credentials are missing. */
export function isOutOfReach(error: unknown): boolean {
  return CertificatesError.is(error) && (error.code === "Unreachable" || error.code === "CredentialsMissing");
}
