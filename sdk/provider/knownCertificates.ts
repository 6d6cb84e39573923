import type { IssuingService, SuggestedWindow } from "../issuers/issuer";
import type { Reason } from "../lifecycle/reasons";
import type { Run } from "./clock";
import type { RenewableInputs } from "./renewable";

/** A certificate of an ACME account, as the run has found it. */
export interface KnownCertificate {
  readonly news: RenewableInputs;
  /** What there is of it; undefined for one that is to be created. */
  readonly outs:
    | {
        readonly certificatePem?: string;
        readonly notAfter?: string;
        readonly issuedBy?: IssuingService;
        readonly suggestedRenewal?: SuggestedWindow;
        readonly renewal?: { readonly reason: string };
      }
    | undefined;
  /** Why it is to be ordered in this run, if it is. */
  readonly reason: Reason | undefined;
}

const known = new Map<string, KnownCertificate>();

/**
 * Takes note of a certificate for the decision on whose order goes first. Only where there is one to be made: not in
 * previews, nor for certificates of other issuers.
 */
export function knowCertificate(certificate: KnownCertificate, run: Run | undefined): void {
  const { news } = certificate;
  if (run === undefined || run.dryRun || news.issuer?.directory === undefined) return;
  known.set(news.name, certificate);
}

/** By project, stack and name. */
export function knownCertificates(): ReadonlyMap<string, KnownCertificate> {
  return known;
}
