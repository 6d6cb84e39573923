import { parseDuration } from "../../duration";
import { CertificatesError, invalidArgument, within } from "../../errors";
import { describeMembers } from "../../lifecycle/deploymentChanges";
import { parseSchedule } from "../../lifecycle/setSchedule";
import { acceptMaterial } from "../../targets/accept";
import { localHost } from "../../targets/hosts/local";
import { mapBounded } from "../../verify/mapBounded";
import { assertNamed } from "../../verify/serverName";
import { sameValue } from "../canonical";
import type { CheckContext } from "../define";
import { materialOf, openTarget } from "../deployment/material";
import { isAwaited } from "../deployment/state";
import { assertConcurrency, assertOnHosts, wavesOf } from "../deployment/waves";
import { assertEndpoints } from "../endpoints";
import { keptIn } from "../runCertificates";
import { hasUnknown, isUnknown, unknown } from "../unknown";
import { assertDescribed, sourceOf } from "./described";
import {
  type DeploymentSetInputs,
  type Member,
  type MemberTargets,
  type PassedInputs,
  assertPrevious,
  formatSeen,
  membersOf,
  parseCertificates,
  parseTargets,
} from "./inputs";
import { type Seen, materialsOf, seenOf } from "./materials";

type Inputs = DeploymentSetInputs;

/** Validates every member, and finds out which are due and why. */
export async function checkDeploymentSet(context: CheckContext<Inputs & PassedInputs>): Promise<Inputs> {
  const { olds, credentials } = context;
  const { drift: _, due, source, changes: _c, ...given } = context.news;
  assertCommon(given, context);
  const known = { ...given, certificates: unknown, changes: [] };
  if (isUnknown(given.targets)) return { ...known, changes: ["the members are not known yet"] };
  const targets = parseTargets(given.targets);
  assertPrevious(hasUnknown(given.previous) ? [] : given.previous, targets);
  const reasons = changed(known, targets, olds);
  const materials = materialsOf(credentials);
  if (materials === undefined) {
    if (context.areCredentialsKnown) throw certificatesMissing(given.name);
    for (const [name, reason] of announced({ due, source }, targets, olds))
      if (!reasons.has(name)) reasons.set(name, reason);
    assertDescribed(olds === undefined ? Object.keys(targets) : [...reasons.keys()], targets, { source, credentials });
    return { ...known, changes: olds === undefined ? [] : describeMembers(reasons) };
  }
  const seen = Object.fromEntries(
    Object.keys(targets).map((name) => {
      const material = materials.get(name);
      if (material === undefined) throw noCertificate(name, [...materials.keys()]);
      return [name, seenOf(material)];
    }),
  );
  const before = olds === undefined || isUnknown(olds.certificates) ? undefined : parseCertificates(olds.certificates);
  for (const [name, one] of Object.entries(seen)) {
    const old = before?.get(name);
    if (old === undefined || reasons.has(name)) continue;
    if (old.fingerprintSha256 === one.fingerprintSha256 && old.chainSha256 === one.chainSha256) continue;
    reasons.set(name, scheduledReason(due, name) ?? "CertificateChanged");
  }
  const texts = Object.entries(seen).map(([name, one]) => [name, formatSeen(one)]);
  const inputs = {
    ...given,
    certificates: JSON.stringify(Object.fromEntries(texts)),
    changes: olds === undefined ? [] : describeMembers(reasons),
  };
  const all = membersOf(inputs, credentials);
  await assertMembers(olds === undefined ? all : all.filter(({ name }) => reasons.has(name)), inputs, olds);
  return inputs;
}

function assertCommon(given: Omit<Inputs, "changes">, { credentials }: CheckContext<Inputs>): void {
  const { timeout, concurrency, waves } = given;
  if (timeout !== undefined && !hasUnknown(timeout)) parseDuration(timeout, "timeout");
  if (!hasUnknown(concurrency)) assertConcurrency(concurrency);
  if (waves !== undefined && !hasUnknown(waves)) wavesOf({ waves }, credentials);
}

/** Members whose place changed; what all of them share is each one's. */
function changed(news: Inputs, targets: MemberTargets, olds: Inputs | undefined): Map<string, string> {
  const reasons = new Map<string, string>();
  if (olds === undefined || isUnknown(olds.targets)) return reasons;
  const before = parseTargets(olds.targets);
  const sameCommon = (["waves", "owner"] as const).every((field) => sameValue(news[field], olds[field]));
  for (const [name, target] of Object.entries(targets)) {
    const old = before[name];
    const wentBack = isBack(news, name) !== isBack(olds, name);
    if (old === undefined) reasons.set(name, "Added");
    else if (wentBack || !sameCommon || !sameValue(target, old)) reasons.set(name, "TargetChanged");
  }
  for (const name of Object.keys(before)) if (!(name in targets)) reasons.set(name, "Removed");
  return reasons;
}

function isBack({ previous }: Inputs, name: string): boolean {
  return !hasUnknown(previous) && previous?.includes(name) === true;
}

/** Members whose certificates this run is about to replace, before they are known. */
function* announced(
  { due, source }: PassedInputs,
  targets: MemberTargets,
  olds: Inputs | undefined,
): Generator<[string, string]> {
  const deployed =
    olds === undefined || isUnknown(olds.certificates) ? undefined : parseCertificates(olds.certificates);
  if (due === undefined || isUnknown(due)) return;
  for (const name of Object.keys(targets)) {
    const seen = deployed?.get(name);
    if (typeof due === "object") {
      if (isUnknown(due[name]) && !isKept(source, name, seen)) yield [name, "CertificateChanged"];
      continue;
    }
    const reason = scheduledReason(due, name);
    if (reason !== undefined && seen?.epoch !== epochOf(due, name)) yield [name, reason];
  }
}

/** Whether a certificate whose outputs are unknown in this preview is known to stay the one that is deployed. */
function isKept(source: PassedInputs["source"], name: string, deployed: Seen | undefined): boolean {
  const kept = keptIn(sourceOf(source, name));
  if (kept === undefined || deployed === undefined) return false;
  const { fingerprintSha256, chainSha256 } = seenOf(kept);
  return fingerprintSha256 === deployed.fingerprintSha256 && chainSha256 === deployed.chainSha256;
}

const schedules = new Map<string, Readonly<Record<string, string>>>();

function scheduleOf(due: PassedInputs["due"], name: string): string | undefined {
  if (typeof due !== "string" || isUnknown(due)) return undefined;
  let parsed = schedules.get(due);
  if (parsed === undefined) {
    schedules.clear();
    schedules.set(due, (parsed = JSON.parse(due) as Record<string, string>));
  }
  return parsed[name];
}

function scheduledReason(due: PassedInputs["due"], name: string): string | undefined {
  const text = scheduleOf(due, name);
  return text === undefined ? undefined : parseSchedule(text).reason;
}

function epochOf(due: PassedInputs["due"], name: string): number | undefined {
  const text = scheduleOf(due, name);
  return text === undefined ? undefined : parseSchedule(text).epoch;
}

/** What their targets would refuse is found before anything is issued or deployed. Other hosts are not asked. */
async function assertMembers(members: readonly Member[], news: Inputs, olds: Inputs | undefined): Promise<void> {
  const before = olds === undefined || isUnknown(olds.targets) ? {} : parseTargets(olds.targets);
  await mapBounded(members, 20, async (member) => {
    try {
      const old = before[member.name]?.target;
      await assertMember(member, news.waves === undefined, old);
    } catch (error) {
      within(`certificates["${member.name}"]`, () => {
        throw error;
      });
    }
  });
}

async function assertMember({ view, credentials }: Member, isLocal: boolean, old: unknown): Promise<void> {
  const { kind, spec } = openTarget(view.target, credentials);
  if (isAwaited(view)) return;
  const material = materialOf(view, credentials);
  if (material !== undefined) acceptMaterial(kind, spec, material);
  const { endpoints = [], certificate } = view;
  assertEndpoints(endpoints, certificate.dnsNames, credentials);
  assertNamed(endpoints, certificate.dnsNames);
  if (!isLocal) return assertOnHosts(kind);
  const until = old !== undefined && openTarget(old).kind === kind ? { until: openTarget(old).spec } : {};
  await kind.preflight(spec, { host: localHost, resource: view.name, ...until });
}

function noCertificate(name: string, present: readonly string[]): CertificatesError {
  const some = present.slice(0, 10).join(", ");
  return invalidArgument("certificates", `there is no "${name}".`, `Name one that is there: ${some || "none"}.`);
}

function certificatesMissing(name: string): CertificatesError {
  return new CertificatesError("CredentialsMissing", `The certificates did not reach the deployment ${name}.`, {
    hint: 'Remove ignoreChanges on "credentials" or "*".',
  });
}
