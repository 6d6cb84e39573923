import { parseDuration } from "../duration";
import { invalidArgument } from "../errors";
import { takeCredentials } from "../targets/credentials";
import { localHost } from "../targets/hosts/local";
import { parseEndpoint } from "../verify/endpoint";
import { serverNameOf } from "../verify/serverName";
import { sameValue } from "./canonical";
import { type CheckContext, type DiffContext, type ReadContext, defineProvider } from "./define";
import { bring, targetsOf, withdrawAll } from "./deployment/bring";
import { leave } from "./deployment/bringWaves";
import { contextOf, defaultTimeout } from "./deployment/context";
import { credentialsMarker, materialOf, openTarget } from "./deployment/material";
import { observeHosts } from "./deployment/observeHosts";
import { type DeploymentInputs, type DeploymentOuts, inputsOf, isAwaited } from "./deployment/state";
import { assertConcurrency, wavesOf } from "./deployment/waves";
import { migrateState } from "./stateVersion";
import { hasUnknown } from "./unknown";

async function check({ news, olds, credentials }: CheckContext<DeploymentInputs>): Promise<DeploymentInputs> {
  const { drift: _, ...given } = news;
  const inputs = {
    ...given,
    target: takeCredentials(given.target).rest,
    ...(given.waves !== undefined && { waves: takeCredentials(given.waves).rest }),
  } as DeploymentInputs;
  const { timeout = defaultTimeout, revision, certificate } = inputs;
  if (!hasUnknown(timeout)) parseDuration(timeout, "timeout");
  assertRevision(revision, olds);
  if (isAwaited(inputs)) return inputs;
  assertEndpoints(inputs);
  if (!hasUnknown(inputs.waves) && inputs.waves !== undefined) wavesOf(inputs, credentials);
  if (!hasUnknown(inputs.concurrency)) assertConcurrency(inputs.concurrency);
  if (hasUnknown(inputs.target)) return inputs;
  const { kind, spec } = openTarget(inputs.target, credentials);
  const material = hasUnknown(certificate) ? undefined : materialOf(inputs, credentials);
  if (material !== undefined) kind.accept(spec, material);
  // Other hosts are asked by the run only: a preview looks at no network.
  if (inputs.waves === undefined && (olds === undefined || isDue(inputs, olds))) {
    const until = olds?.target.kind === kind.kind ? { until: openTarget(olds.target).spec } : {};
    await kind.preflight(spec, { host: localHost, resource: inputs.name, ...until });
  }
  return inputs;
}

function assertRevision(revision: unknown, olds: DeploymentInputs | undefined): void {
  if (revision === undefined || revision === "current" || hasUnknown(revision)) return;
  if (revision !== "previous") {
    throw invalidArgument("revision", `${JSON.stringify(revision)} is not known.`, 'Use "current" or "previous".');
  }
  if (olds !== undefined) return;
  throw invalidArgument(
    "revision",
    "nothing was deployed yet that could be gone back to.",
    'Leave it out, or use "current".',
  );
}

function assertEndpoints({ endpoints = [], certificate }: DeploymentInputs): void {
  if (hasUnknown(endpoints)) return;
  if (!Array.isArray(endpoints)) {
    throw invalidArgument(
      "endpoints",
      `${JSON.stringify(endpoints)} is no list.`,
      'Give [{ address: "web.example.com" }].',
    );
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const property = `endpoints[${index}]`;
    const parsed = parseEndpoint(endpoint, property);
    if (!hasUnknown(certificate.dnsNames)) serverNameOf(parsed, certificate.dnsNames, property);
  }
}

/** Fields whose change asks for another deployment; of the others it counts from the next one. */
const deployedFields = ["target", "waves", "endpoints", "revision", "owner", "drift"] as const;

function isDue(news: DeploymentInputs, before: DeploymentInputs): boolean {
  if (deployedFields.some((field) => !sameValue(news[field] ?? fallback[field], before[field] ?? fallback[field])))
    return true;
  return news.revision !== "previous" && !sameValue(news.certificate, before.certificate);
}

const fallback: Readonly<Record<(typeof deployedFields)[number], unknown>> = {
  target: undefined,
  waves: undefined,
  endpoints: [],
  revision: "current",
  owner: {},
  drift: [],
};

function diff({ news, outs, checked }: DiffContext<DeploymentInputs, DeploymentOuts>): boolean {
  if (isAwaited(news)) return false;
  if (outs.deployedFingerprint === undefined || outs.pending !== undefined || (outs.drift ?? []).length > 0)
    return true;
  if (isDue(news, outs)) return true;
  if (checked === undefined || news.revision === "previous") return false;
  const marker = credentialsMarker(checked.credentials);
  return marker !== undefined && marker !== outs.credentialsMarker;
}

/** Looks at what is on the target. What was changed there becomes a visible input, so that the next preview shows it. */
async function read({
  id,
  outs,
}: ReadContext<DeploymentOuts>): Promise<{ outs: DeploymentOuts; inputs?: DeploymentInputs }> {
  if (outs.deployedFingerprint === undefined || outs.pending !== undefined) return { outs };
  const { drift: _, ...deployed } = outs;
  if (outs.hosts !== undefined) return observeHosts(id, deployed);
  const { kind, spec } = openTarget(outs.target);
  const { current, differences, interrupted } = await kind.observe(spec, contextOf(id, outs, localHost));
  const drift = [...differences];
  if (current !== undefined && current.id !== outs.deployedRevision) {
    drift.push(`The target holds the revision ${current.id} instead of ${outs.deployedRevision ?? "none"}.`);
  }
  if (interrupted && drift.length === 0) drift.push("A deployment was interrupted.");
  const inputs = inputsOf(outs);
  return drift.length === 0
    ? { outs: deployed, inputs }
    : { outs: { ...deployed, drift }, inputs: { ...inputs, drift } };
}

async function remove({ id, outs }: ReadContext<DeploymentOuts>): Promise<void> {
  if (outs.status === "waiting") return;
  if (outs.hosts !== undefined) return leave({ id, news: outs, outs }, { ...outs.hosts }, new Set());
  await withdrawAll(id, { ...outs, pending: { targets: targetsOf(outs), reason: "" } }, outs);
}

export const certificateDeployment = defineProvider<DeploymentInputs, DeploymentOuts>({
  check,
  diff,
  create: bring,
  update: bring,
  read,
  delete: remove,
  migrate: migrateState<DeploymentOuts>,
});
