import { formatInstant } from "../../../sdk/duration";
import { decide, type Decision, type IssuerFacts, type IssuerSeen, type Renewal } from "../../../sdk/lifecycle/decide";
import type { Plan } from "../../../sdk/lifecycle/schedule";

/** A certificate in a stack that runs again and again: what its runs decide, and what they issue. */
export interface Simulated {
  readonly plan: Plan;
  renewal: Renewal | undefined;
  issuer: IssuerFacts | undefined;
  /** When the certificate that is in use ends; `-Infinity` before the first. */
  notAfter: number;
  /** Runs in which it was issued. */
  readonly issuances: { readonly at: number; readonly reason: string; readonly before: number }[];
}

export function simulated(plan: Plan): Simulated {
  return { plan, renewal: undefined, issuer: undefined, notAfter: -Infinity, issuances: [] };
}

export interface RunOfStack {
  readonly now: number;
  readonly cadence: number;
  /** The issuer as this run knows it; `seen` is left out where a preview does not know it. */
  readonly issuer?: IssuerFacts;
}

/** What `check` does in one run, with nothing changed in the program. */
export function decideIn(
  { plan, renewal, issuer: previousIssuer }: Simulated,
  run: RunOfStack,
  dryRun: boolean,
): Decision {
  return decide({
    plan,
    previousPlan: renewal && plan,
    renewal,
    issuer: run.issuer,
    previousIssuer,
    requestChanged: false,
    triggersChanged: false,
    paused: false,
    now: run.now,
    cadence: run.cadence,
    dryRun,
  });
}

/** One `up`: decides, and issues `latency` later if another epoch was decided on. */
export function runIn(certificate: Simulated, run: RunOfStack, latency = 0): Decision {
  const decision = decideIn(certificate, run, false);
  if (decision.epoch !== certificate.renewal?.epoch) {
    const { plan, notAfter } = certificate;
    certificate.issuances.push({ at: run.now, reason: decision.reason as string, before: notAfter });
    if (decision.reason !== "IssuerRenewed") {
      const end = Math.min(run.now + latency + plan.duration, endOfIssuer(run.issuer?.seen));
      certificate.notAfter = Math.floor(end / 1_000) * 1_000;
    }
  }
  certificate.renewal = decision as Renewal;
  certificate.issuer = run.issuer;
  return decision;
}

function endOfIssuer(seen: IssuerSeen | undefined): number {
  return seen?.notAfter === undefined ? Infinity : Date.parse(seen.notAfter);
}

/** The CA that a simulated certificate is, as those below it see it. */
export function seenOf(authority: Simulated): IssuerSeen {
  return {
    identity: `key/${authority.issuances.length}`,
    notAfter: formatInstant(authority.notAfter),
  };
}
