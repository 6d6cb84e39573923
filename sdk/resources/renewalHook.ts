import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { formatDay } from "../duration";
import { describeWindow } from "../lifecycle/ariWindow";
import { describeDue } from "../lifecycle/describe";
import { type MemberChange, describeChanges } from "../lifecycle/setChanges";
import { parseIssued, parseSchedule } from "../lifecycle/setSchedule";
import { deploymentReasons, deploymentSetReasons } from "./deploymentReasons";
import { dueMembers } from "./dueMembers";
import { noteChange } from "./orderForecast";

type Hooks = WeakMap<object, pulumi.ResourceHook>;

/** Shared by every copy of the package in the process: an engine takes a hook's name only once. */
const shared = globalThis as { [key: symbol]: Hooks | undefined };
const key = Symbol.for("pulumi-certificates.renewalHooks");

/**
 * The hook that says on a resource's URN why it is about to be updated, in previews too. One for each engine that
 * this process talks to; none where the engine (or a unit test's mocks) has no hooks.
 */
export function renewalHook(): pulumi.ResourceHook | undefined {
  const monitor: unknown = pulumi.runtime.getMonitor();
  if (typeof monitor !== "object" || monitor === null || !("registerResourceHook" in monitor)) return undefined;
  const hooks = (shared[key] ??= new WeakMap());
  let hook = hooks.get(monitor);
  if (hook === undefined) {
    // Bound to this program: inline programs of the Automation API share a process, and the hook is called from outside.
    hook = new pulumi.ResourceHook("pulumi-certificates: why", AsyncResource.bind(sayWhy), { onDryRun: true });
    hooks.set(monitor, hook);
  }
  return hook;
}

/** Only a message: whatever goes wrong here must not fail the run. */
async function sayWhy(args: pulumi.ResourceHookArgs): Promise<void> {
  const on = { urn: pulumi.output(args.urn) } as pulumi.Resource;
  try {
    noteChange(args);
    for (const line of linesOf(args)) await pulumi.log.info(line, on);
  } catch (error) {
    await pulumi.log.debug(`no reason could be shown: ${String(error)}`, on);
  }
}

interface Schedule {
  epoch?: number;
  reason?: string;
  dueAt?: string;
}

interface CertificateOutputs {
  renewal?: Schedule;
  notAfter?: string;
  spkiSha256?: string;
  lastFailure?: string;
  revocation?: { at?: string; reason?: string };
  suggestedRenewal?: { start: string; end: string; explanationUrl?: string };
}

function linesOf({ name, type, oldInputs = {}, newInputs = {}, oldOutputs }: pulumi.ResourceHookArgs): string[] {
  if (oldOutputs === undefined) return [];
  if (type === "pulumi-nodejs:dynamic/certificates:CertificateDeployment") {
    return deploymentReasons(name, newInputs, oldOutputs);
  }
  if (type === "pulumi-nodejs:dynamic/certificates:DeploymentSet") return deploymentSetReasons(newInputs, oldOutputs);
  if (newInputs.members !== undefined)
    return [...linesOfSet(newInputs, oldOutputs), ...dueMembers(name, newInputs, oldOutputs)];
  if (type === "pulumi-nodejs:dynamic/certificates:AcmeAccount") return linesOfAccount(name, oldOutputs);
  const renewal = newInputs.renewal as Schedule | undefined;
  if (renewal === undefined) return [];
  const { renewal: issued, notAfter, spkiSha256, lastFailure, ...service } = oldOutputs as CertificateOutputs;
  const compromised: unknown = newInputs.compromisedKeys;
  if (Array.isArray(compromised) && compromised.includes(spkiSha256)) {
    return [describeDue({ name, reason: "KeyCompromised", notAfter })];
  }
  const lags = renewal.epoch !== issued?.epoch;
  // With no other input changed, the end of the certificate itself is the reason.
  if (!lags && JSON.stringify(oldInputs) !== JSON.stringify(newInputs)) return [];
  const reason = lags ? renewal.reason : service.revocation === undefined ? "Renewing" : "Revoked";
  const { suggestedRenewal: window, revocation } = service;
  // A moment from before the CA moved its window says nothing any more; the window does.
  const dueAt = issued?.dueAt !== undefined && isBefore(window?.end, issued.dueAt) ? undefined : issued?.dueAt;
  const due = describeDue({ name, reason, notAfter, dueAt, nextDueAt: renewal.dueAt, lastFailure });
  if (reason === "Revoked") return [`${due}${describeRevocation(revocation)}`];
  if (lags || window === undefined) return [due];
  return [`${due}; ${describeWindow({ ...window, start: Date.parse(window.start), end: Date.parse(window.end) })}`];
}

const isBefore = (one: string | undefined, other: string): boolean =>
  one !== undefined && Date.parse(one) < Date.parse(other);

/** When and why, as far as the CA said. */
function describeRevocation({ at, reason }: { at?: string; reason?: string } = {}): string {
  return `${at === undefined ? "" : `, revoked ${formatDay(at)}`}${reason === undefined ? "" : `, ${reason}`}`;
}

function linesOfAccount(name: string, { status }: Record<string, unknown>): string[] {
  if (typeof status !== "string" || status === "valid") return [];
  return [`${name} registers another account: at the CA the one before is ${status}.`];
}

interface SetContents {
  readonly issued?: Readonly<Record<string, string>>;
  readonly answers?: Readonly<Record<string, { revocation?: object }>>;
}

/** Besides what the inputs say: members that were revoked, and those that a run before this one was to issue and could not. */
function linesOfSet(
  { changes, schedule }: Record<string, unknown>,
  { contentsJson }: Record<string, unknown>,
): string[] {
  const changed = Array.isArray(changes) ? changes.map(String) : [];
  if (typeof schedule !== "string" || !schedule.startsWith("{")) return changed;
  const { issued = {}, answers = {} } = (
    typeof contentsJson === "string" ? JSON.parse(contentsJson) : {}
  ) as SetContents;
  const [revoked, lagging]: [MemberChange[], MemberChange[]] = [[], []];
  for (const [name, text] of Object.entries(JSON.parse(schedule) as Record<string, string>)) {
    const wanted = parseSchedule(text);
    const has = issued[name];
    if (has !== undefined && answers[name]?.revocation)
      revoked.push({ name, schedule: { ...wanted, reason: "Revoked" } });
    else if (has === undefined || parseIssued(has).epoch < wanted.epoch) lagging.push({ name, schedule: wanted });
  }
  return [...describeChanges(revoked), ...(changed.length > 0 ? changed : describeChanges(lagging))];
}
