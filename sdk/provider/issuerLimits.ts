import { within } from "../errors";
import type { Plan } from "../lifecycle/schedule";
import { constrainedNames } from "../x509/nameConstraints";
import { type FallbackInputs, assertFallbackArguments, candidatesOf } from "./candidates";
import type { Credentials } from "./define";
import { issuerConstraints } from "./issuerConstraints";
import type { IssuerInputs, RenewableInputs } from "./renewable";
import { type CertificateRequest, assertWithinConstraints } from "./request";

/** Refuses a request that an issuer may not or will not certify. */
export type IssuerLimits = (news: RenewableInputs, request: CertificateRequest) => void;

/** The limits of the first issuer and of its fallbacks, which are checked here. Made once for all members of a set. */
export function limitsOfIssuers(
  news: RenewableInputs & FallbackInputs,
  plan: Plan,
  credentials: Credentials,
): IssuerLimits[] {
  const first = limitsOf(news.issuer, credentials);
  if (news.fallbackIssuers === undefined) {
    assertFallbackArguments(news, plan, []);
    return [first];
  }
  const candidates = candidatesOf(news, credentials);
  assertFallbackArguments(news, plan, candidates);
  const fallbacks = candidates.slice(1).map(({ view, credentials: its }, index): IssuerLimits => {
    const { issuer, profile, preferredChain } = view;
    const limits = limitsOf(issuer, its);
    return (asked, request) => {
      const own = { ...asked, issuer, profile, preferredChain } as RenewableInputs;
      within(`fallbackIssuers[${index}]`, () => limits(own, request));
    };
  });
  return [first, ...fallbacks];
}

function limitsOf(issuer: IssuerInputs | undefined, credentials: Credentials): IssuerLimits {
  const constraints = issuerConstraints(issuer, credentials);
  const orderable = issuer?.directory === undefined ? undefined : acmeOrderable().assertOrderable;
  return (news, { subject, names }) => {
    for (const one of constraints) assertWithinConstraints(constrainedNames(subject.commonName, names), one);
    orderable?.(news, names, credentials);
  };
}

/** What an ACME CA refuses; only where there is one. */
function acmeOrderable(): typeof import("./acmeOrderable") {
  return require("./acmeOrderable") as typeof import("./acmeOrderable");
}
