import { parseDuration } from "../../duration";
import { CertificatesError, invalidArgument, within } from "../../errors";
import { describeMembers } from "../../lifecycle/deploymentCauses";
import { mapBounded } from "../../verify/mapBounded";
import type { CheckContext } from "../define";
import { changesOf, describeEnd, describeEverywhere } from "../deployment/changes";
import { assertDeployable } from "../deployment/check";
import { type DueField, dueFields } from "../deployment/due";
import { type DeploymentInputs, isAwaited } from "../deployment/state";
import { assertConcurrency, localWaves, wavesOf } from "../deployment/waves";
import { assertEndpoints } from "../endpoints";
import { hasStayed } from "../runCertificates";
import { hasUnknown, isUnknown, unknown } from "../unknown";
import {
  type DeploymentSetInputs,
  type MemberTargets,
  type PassedInputs,
  assertPrevious,
  formatCertificates,
  memberCredentials,
  memberView,
  membersOf,
  parseCertificates,
  parseTargets,
} from "./inputs";
import { type Seen, materialsOf } from "./materials";
import { type Known, lookUp, sourceOf } from "./sources";

type Inputs = DeploymentSetInputs;

const unknownLines = unknown as unknown as string[];

/** Validates every member, and finds out which are due and why. */
export async function checkDeploymentSet(context: CheckContext<Inputs & PassedInputs>): Promise<Inputs> {
  const { olds, credentials } = context;
  const { drift: _d, changes: _c, source, fingerprints, ...given } = context.news;
  assertCommon(given, context);
  if (isUnknown(given.targets)) return { ...given, certificates: unknown, changes: unknownLines };
  const targets = parseTargets(given.targets);
  assertPrevious(hasUnknown(given.previous) ? [] : given.previous, targets);
  if (materialsOf(credentials) === undefined && context.areCredentialsKnown) throw certificatesMissing(given.name);
  const deployed = olds && !isUnknown(olds.certificates) ? parseCertificates(olds.certificates) : undefined;
  const certificateOf = lookUp({ source, fingerprints }, credentials, deployed);
  const before = new Map(olds && membersOf(olds).map(({ name, view }) => [name, view]));
  const seen = new Map<string, Seen | undefined>();
  const lines = new Map<string, string[]>();
  await mapBounded(Object.entries(targets), 20, async ([name, target]) => {
    const certificate = certificateOf(name);
    if (certificate === undefined) throw noCertificate(name, credentials);
    seen.set(name, certificate.seen);
    const old = before.get(name);
    const view = viewOf({ ...given, changes: [] }, name, target, certificate);
    const due = isAwaited(view) ? [] : old && dueFields(nameless(view), nameless(old));
    if (due?.length !== 0) await assertMember(name, view, old, certificate, credentials);
    const from = sourceOf(source, name);
    // The preview announced another certificate, and plans hold the run to it.
    const hasFailed = from !== undefined && hasStayed(from) && due?.includes("certificate") === false;
    const fields: DueField[] = hasFailed ? ["certificate", ...due] : (due ?? []);
    if (olds !== undefined && old === undefined) lines.set(name, describeEverywhere("Added", onHosts(view)));
    else if (old !== undefined && fields.length > 0) lines.set(name, changesOf(onHosts(view), onHosts(old), fields));
  });
  for (const [name, view] of before) if (!(name in targets)) lines.set(name, describeEnd(onHosts(view)));
  const isKnown = [...seen.values()].every((one) => one !== undefined);
  return {
    ...given,
    certificates: isKnown ? formatCertificates(inOrder(targets, seen) as Map<string, Seen>) : unknown,
    changes: linesOf(inOrder({ ...targets, ...Object.fromEntries(before) }, lines)),
  };
}

function assertCommon(given: Omit<Inputs, "changes">, { credentials }: CheckContext<Inputs>): void {
  const { timeout, concurrency, waves } = given;
  if (timeout !== undefined && !hasUnknown(timeout)) parseDuration(timeout, "timeout");
  if (!hasUnknown(concurrency)) assertConcurrency(concurrency);
  if (waves !== undefined && !hasUnknown(waves)) wavesOf({ waves }, credentials);
}

/** A member whose certificate may be unknown. */
function viewOf(
  news: Inputs,
  name: string,
  target: MemberTargets[string],
  { seen, material }: Known,
): DeploymentInputs {
  const view = memberView(news, name, target, seen, material);
  if (seen !== undefined) return view;
  return { ...view, certificate: { fingerprintSha256: unknown, chainSha256: unknown, dnsNames: [unknown] } };
}

/** The names of a certificate are part of it. */
function nameless({ certificate, ...view }: DeploymentInputs): DeploymentInputs {
  const { fingerprintSha256, chainSha256 } = certificate;
  return { ...view, certificate: { fingerprintSha256, chainSha256, dnsNames: [] } };
}

/** With the host in place of a path, so that members on it have one line. */
function onHosts(view: DeploymentInputs): DeploymentInputs {
  return { ...view, waves: view.waves ?? localWaves };
}

/** What its target would refuse is found before anything is issued or deployed. Other hosts are not asked. */
async function assertMember(
  name: string,
  view: DeploymentInputs,
  old: DeploymentInputs | undefined,
  { material, described }: Known,
  credentials: CheckContext<Inputs>["credentials"],
): Promise<void> {
  const own = memberCredentials(name, credentials, material);
  try {
    const { certificate, endpoints = [] } = view;
    const dnsNames = hasUnknown(certificate.dnsNames) ? (described?.dnsNames ?? unknown) : certificate.dnsNames;
    assertEndpoints(endpoints, dnsNames, own);
    await assertDeployable(view, old, own, described);
  } catch (error) {
    within(`certificates["${name}"]`, () => {
      throw error;
    });
  }
}

/** A line that is not known makes none of them known. */
function linesOf(lines: ReadonlyMap<string, string[]>): string[] {
  return hasUnknown([...lines.values()]) ? unknownLines : describeMembers(lines);
}

function inOrder<Value>(names: object, values: ReadonlyMap<string, Value>): Map<string, Value> {
  const present = Object.keys(names).filter((name) => values.has(name));
  return new Map(present.map((name) => [name, values.get(name) as Value]));
}

function noCertificate(name: string, credentials: CheckContext<Inputs>["credentials"]): CertificatesError {
  const present = [...(materialsOf(credentials)?.keys() ?? [])].slice(0, 10).join(", ");
  return invalidArgument("certificates", `there is no "${name}".`, `Name one that is there: ${present || "none"}.`);
}

function certificatesMissing(name: string): CertificatesError {
  return new CertificatesError("CredentialsMissing", `The certificates did not reach the deployment ${name}.`, {
    hint: 'Remove ignoreChanges on "credentials" or "*".',
  });
}
