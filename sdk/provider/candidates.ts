import { knownDirectory } from "../acme/knownDirectories";
import { invalidArgument } from "../errors";
import { issuerKind } from "../issuers/registry";
import { type Candidate, assertFallbackBelow, assertFallbacks } from "../lifecycle/fallback";
import type { Plan } from "../lifecycle/schedule";
import { breakers } from "../net/breaker";
import type { Credentials } from "./define";
import type { IssuerInputs, RenewableInputs } from "./renewable";
import { hasUnknown, isUnknown } from "./unknown";

/** Arguments about who issues where the first issuer does not. */
export interface FallbackInputs {
  readonly fallbackIssuers?: FallbackIssuerInputs[];
  readonly fallbackBelow?: string;
  readonly allowTrustChange?: boolean;
}

/** A fallback issues by the profile and the chain of its own account: those of the certificate are the first one's. */
export interface FallbackIssuerInputs extends IssuerInputs {
  readonly profile?: string;
  readonly preferredChain?: string;
}

/** One that may issue, with what it needs for that. */
export interface IssuingCandidate<Inputs> extends Candidate {
  /** The arguments as they are for this issuer. */
  readonly view: Inputs;
  readonly credentials: Credentials;
  /** What its circuit breaker goes by; undefined for one that is no service. */
  readonly directory: string | undefined;
}

/** The first issuer, then the fallbacks in their order. */
export function candidatesOf<Inputs extends RenewableInputs & FallbackInputs>(
  news: Inputs,
  credentials: Credentials,
): IssuingCandidate<Inputs>[] {
  const own = credentials.fallbackIssuers as readonly Credentials[] | undefined;
  const fallbacks = (news.fallbackIssuers ?? []).map(({ profile, preferredChain, ...issuer }, index) => {
    const { profile: _, preferredChain: __, ...rest } = news;
    const view = {
      ...rest,
      issuer,
      ...(profile !== undefined && { profile }),
      ...(preferredChain !== undefined && { preferredChain }),
    } as unknown as Inputs;
    return { view, credentials: { ...credentials, issuer: undefined, solvers: undefined, ...own?.[index] } };
  });
  const all = [{ view: news, credentials }, ...fallbacks];
  return all.map(({ view, credentials: its }) => {
    const directory = view.issuer?.directory;
    const blocked = directory === undefined ? undefined : breakers.blocked(directory);
    return {
      name: nameOf(
        view.issuer,
        all.map((other) => other.view.issuer),
      ),
      trust: trustOf(view.issuer),
      ...(blocked && { blocked: blocked.message }),
      view,
      credentials: its,
      directory,
    };
  });
}

/** As the program names its resource; with its type where another one has the same name. */
function nameOf(issuer: IssuerInputs | undefined, all: readonly (IssuerInputs | undefined)[]): string {
  const [name = "", type = ""] = (issuer?.resource ?? "selfSigned").split("::").reverse();
  const isShared = all.some((other) => other?.resource !== issuer?.resource && other?.resource.endsWith(`::${name}`));
  return isShared ? `${name} (${type.split(":").at(-1) ?? ""})` : name;
}

/** Who trusts what it issues: a CA with a root of its own, or one for tests, is private whatever protocol it speaks. */
function trustOf(issuer: IssuerInputs | undefined): Candidate["trust"] {
  const { kind = "selfSigned", directory, hasOwnRoot } = issuer ?? {};
  if (directory === undefined) return issuerKind(kind).trust;
  return hasOwnRoot === true || knownDirectory(directory)?.isTrusted === false ? "private" : "public";
}

/** Refuses fallbacks that cannot stand in for the first issuer. */
export function assertFallbackArguments<Inputs extends RenewableInputs & FallbackInputs>(
  { fallbackIssuers = [], allowTrustChange, fallbackBelow }: Inputs,
  plan: Plan,
  candidates: readonly IssuingCandidate<Inputs>[],
): void {
  if (fallbackIssuers.length === 0) {
    if (fallbackBelow === undefined && allowTrustChange === undefined) return;
    const property = fallbackBelow === undefined ? "allowTrustChange" : "fallbackBelow";
    throw invalidArgument(property, "there are no fallback issuers.", "Give fallbackIssuers, or leave it out.");
  }
  candidates.slice(1).forEach(({ view }, index) => {
    if (view.issuer?.kind !== "selfSigned") return;
    const property = `fallbackIssuers[${index}]`;
    throw invalidArgument(property, "a self-signed certificate is trusted by nobody yet.", "Name a CA.");
  });
  const isKnown = candidates.every(({ view }) => !hasUnknown([view.issuer?.directory, view.issuer?.resource]));
  if (isKnown && !isUnknown(allowTrustChange)) assertFallbacks(candidates, allowTrustChange);
  if (!isUnknown(fallbackBelow)) assertFallbackBelow(fallbackBelow, plan);
}
