import { CertificatesError, invalidArgument } from "../../errors";
import type { Run } from "../clock";
import { type IssuerInputs, type RenewableInputs, assertPlan, nextRenewal, planFor } from "../renewable";
import { type RequestInputs, assertWithinConstraints, parseRequest } from "../request";
import type { NameConstraints } from "../../x509/nameConstraints";
import type { Schedule } from "../../lifecycle/setSchedule";

export const defaults = { duration: "90d" } as const;
export const defaultAlgorithm = "ECDSA-P256";

/** What a member may say for itself; the rest stands once, on the set. */
export interface MemberInputs extends RequestInputs {
  readonly renewBefore?: string;
  readonly triggers?: unknown;
}

/** Arguments of the set that hold for each member which does not say otherwise. */
export interface CommonInputs extends MemberInputs {
  readonly name: string;
  readonly scope: string;
  readonly issuer?: IssuerInputs;
  readonly compromisedKeys?: string[];
  readonly onRenewalFailure?: { keepUntil?: string };
  readonly paused?: boolean;
}

/** Names of {@link MemberInputs}. */
export const memberFields = [
  "commonName",
  "subject",
  "dnsNames",
  "ipAddresses",
  "uris",
  "emailAddresses",
  "keyUsages",
  "extendedKeyUsages",
  "duration",
  "privateKey",
  "renewBefore",
  "triggers",
  "csrPem",
] as const satisfies readonly (keyof MemberInputs)[];

/** What a manifest may say of a member: no usages, subjects or keys that nobody has permitted. */
export const manifestFields: readonly string[] = memberFields.filter(
  (field) => !["subject", "keyUsages", "extendedKeyUsages", "csrPem"].includes(field),
);

/** A member stands in the inputs as one line of JSON: property values are dear at thousands of members. */
export function parseMember(name: string, text: string): MemberInputs {
  const member: unknown = JSON.parse(text);
  if (typeof member !== "object" || member === null || Array.isArray(member)) {
    throw invalidArgument(
      `members["${name}"]`,
      "is no object.",
      'Give an object such as { dnsNames: ["web.example"] }.',
    );
  }
  const stranger = Object.keys(member).find((field) => !(memberFields as readonly string[]).includes(field));
  if (stranger !== undefined) {
    throw invalidArgument(
      `members["${name}"].${stranger}`,
      "is no argument of a member.",
      `Use ${memberFields.join(", ")}.`,
    );
  }
  return member as MemberInputs;
}

/** The member as if it were a certificate of its own. */
export function memberView(
  common: CommonInputs,
  name: string,
  text: string,
  schedule: Schedule | undefined,
): RenewableInputs {
  const { issuer, compromisedKeys, onRenewalFailure, paused } = common;
  const own = parseMember(name, text);
  const shared = Object.fromEntries(
    memberFields.flatMap((field) => (common[field] === undefined ? [] : [[field, common[field]]])),
  );
  return {
    ...shared,
    ...own,
    name: `${common.name}/${name}`,
    scope: common.scope,
    ...(issuer && { issuer }),
    ...(compromisedKeys && { compromisedKeys }),
    ...(onRenewalFailure && { onRenewalFailure }),
    ...(paused !== undefined && { paused }),
    renewal: schedule as Schedule,
  };
}

/** Checks one member; errors name it. */
export function assertMember(
  view: RenewableInputs,
  name: string,
  constraints: readonly NameConstraints[],
  run: Run,
): void {
  try {
    assertPlan(view, planFor(view, defaults), run);
    const request = parseRequest(view, defaultAlgorithm);
    if (request !== undefined) for (const one of constraints) assertWithinConstraints(request.names, one);
  } catch (error) {
    if (!CertificatesError.is(error)) throw error;
    throw new CertificatesError(error.code, `members["${name}"].${error.message}`, { cause: error });
  }
}

export interface PreviousMember {
  readonly view: RenewableInputs;
  readonly unchanged: boolean;
}

/** The member's schedule after this check. */
export function nextSchedule(view: RenewableInputs, previous: PreviousMember | undefined, run: Run): Schedule {
  return nextRenewal(view, previous?.view, run, defaults, previous?.unchanged);
}
