import { invalidArgument, within } from "../../errors";
import type { FallbackIssuerInputs } from "../candidates";
import type { Run } from "../clock";
import type { IssuerLimits } from "../issuerLimits";
import type { KeepInputs } from "../keep";
import { defaultAlgorithm, defaultsOf } from "../leafDefaults";
import { type IssuerInputs, type RenewableInputs, assertPlan, nextRenewal, planFor } from "../renewable";
import { type RequestInputs, parseRequest, requestFields } from "../request";
import type { Schedule } from "../../lifecycle/setSchedule";

/** What a member may say for itself; the rest stands once, on the set. */
export interface MemberInputs extends RequestInputs {
  readonly renewBefore?: string;
  readonly triggers?: unknown;
}

/** Arguments of the set that hold for each member which does not say otherwise. */
export interface CommonInputs extends MemberInputs {
  readonly name: string;
  readonly issuer?: IssuerInputs;
  readonly compromisedKeys?: string[];
  readonly onRenewalFailure?: { keepUntil?: string };
  readonly paused?: boolean;
  readonly fallbackIssuers?: FallbackIssuerInputs[];
  readonly fallbackBelow?: string;
  readonly allowTrustChange?: boolean;
  readonly pendingFirstIssuance?: boolean;
}

/** Arguments that only the set itself may say. */
const commonFields = [
  "issuer",
  "compromisedKeys",
  "onRenewalFailure",
  "paused",
  "fallbackIssuers",
  "fallbackBelow",
  "allowTrustChange",
  "pendingFirstIssuance",
] as const satisfies readonly (keyof CommonInputs)[];

/** Names of {@link MemberInputs}. */
export const memberFields = [
  ...requestFields,
  "renewBefore",
  "triggers",
] as const satisfies readonly (keyof MemberInputs)[];

/** What a manifest may say of a member: no usages, subjects or keys that nobody has permitted. */
export const manifestFields: readonly string[] = memberFields.filter(
  (field) => !["subject", "keyUsages", "extendedKeyUsages", "csrPem"].includes(field),
);

/** Members by name, as the program or a manifest gives them. */
export type Members = Readonly<Record<string, MemberInputs>>;

/**
 * Members stand in the inputs as one JSON text: the engine handles and logs each property value by itself, which at
 * thousands of members costs more than issuing their certificates.
 */
export function parseMembers(text: string): Members {
  const members = JSON.parse(text) as Members;
  for (const [name, member] of Object.entries(members)) assertFields(name, member);
  return members;
}

const known: ReadonlySet<string> = new Set(memberFields);

const namePattern = /^[A-Za-z0-9*][A-Za-z0-9._*@-]{0,252}$/;

/** Refuses a member name that could not stand in a path, a message or an object. */
export function assertMemberName(name: string, property: string): void {
  if (namePattern.test(name)) return;
  throw invalidArgument(
    property,
    `${JSON.stringify(name)} is no name of a member.`,
    "Use letters, digits and . _ - @ *, beginning with a letter, a digit or *, at most 253.",
  );
}

function assertFields(name: string, member: unknown): void {
  assertMemberName(name, "members");
  if (typeof member !== "object" || member === null || Array.isArray(member)) {
    throw invalidArgument(
      `members["${name}"]`,
      "is no object.",
      'Give an object such as { dnsNames: ["web.example"] }.',
    );
  }
  for (const field in member) {
    if (known.has(field)) continue;
    throw invalidArgument(
      `members["${name}"].${field}`,
      "is no argument of a member.",
      `Use ${memberFields.join(", ")}.`,
    );
  }
}

/** What all members have in common, as arguments of a certificate. */
export function sharedView(common: CommonInputs): Omit<KeepInputs, "renewal"> {
  const given = [...memberFields, ...commonFields].filter((field) => common[field] !== undefined);
  return { ...Object.fromEntries(given.map((field) => [field, common[field]])), name: common.name };
}

/** The member as if it were a certificate of its own. */
export function memberView(
  shared: Omit<KeepInputs, "renewal">,
  name: string,
  member: MemberInputs,
  schedule: Schedule | undefined,
): KeepInputs {
  return { ...shared, ...member, name: `${shared.name}/${name}`, renewal: schedule as Schedule };
}

/** Checks one member; errors name it. */
export function assertMember(view: RenewableInputs, name: string, limits: readonly IssuerLimits[], run: Run): void {
  within(`members["${name}"]`, () => {
    assertPlan(view, planFor(view, defaultsOf(view)), run);
    const request = parseRequest(view, defaultAlgorithm);
    if (request === undefined) return;
    for (const assertWithin of limits) assertWithin(view, request);
  });
}

export interface PreviousMember {
  readonly view: RenewableInputs;
  readonly unchanged: boolean;
}

/** The member's schedule after this check. */
export function nextSchedule(view: RenewableInputs, previous: PreviousMember | undefined, run: Run): Schedule {
  return nextRenewal(view, previous?.view, run, defaultsOf(view), previous?.unchanged);
}
