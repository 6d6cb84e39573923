import { AcmeError } from "../acme/problem";
import { CertificatesError } from "../errors";
import { OrderPending } from "../issuers/issuer";
import {
  type CandidateFailure,
  type FallbackSituation,
  describeNoneServed,
  describeServed,
  failureOf,
  nextCandidate,
} from "../lifecycle/fallback";
import { type Blame, breakers } from "../net/breaker";
import type { IssuingCandidate } from "./candidates";
import type { CertificateOutputs } from "./issuance";

type Issue<Inputs> = (candidate: IssuingCandidate<Inputs>) => Promise<CertificateOutputs>;

/**
 * Asks the first issuer, and where it does not issue and waiting would be dangerous, the fallbacks. A service that
 * failed again and again in this run is not asked any more, so that it holds up nothing else.
 */
export async function issueByOneOf<Inputs>(
  situation: FallbackSituation<IssuingCandidate<Inputs>>,
  issue: Issue<Inputs>,
): Promise<CertificateOutputs> {
  const { candidates } = situation;
  const failures: CandidateFailure[] = [];
  const thrown: unknown[] = [];
  for (;;) {
    const { candidate, why } = nextCandidate(situation, failures);
    if (candidate === undefined) throw noneServed(situation, failures, thrown, why);
    try {
      const issued = await guarded(candidate, issue);
      if (candidates.length === 1) return issued;
      const served = describeServed(situation, candidate, failures);
      const warnings = [...(issued.warnings ?? []), ...(served === undefined ? [] : [served])];
      return { ...issued, servedBy: candidate.name, ...(warnings.length > 0 && { warnings }) };
    } catch (error) {
      thrown.push(error);
      failures.push(failureOf(candidate.name, causeOf(error)));
    }
  }
}

function guarded<Inputs>(candidate: IssuingCandidate<Inputs>, issue: Issue<Inputs>): Promise<CertificateOutputs> {
  const { directory } = candidate;
  return directory === undefined ? issue(candidate) : breakers.run(directory, () => issue(candidate), blameOf);
}

/** What the CA itself is to blame for; a refusal with a good reason shows that it works. */
function blameOf(thrown: unknown): Blame {
  const error = causeOf(thrown);
  if (!(error instanceof AcmeError)) return "unknown";
  if (error.details.isIssuersFault === true) return "theirs";
  return error.details.problem === undefined ? "unknown" : "notTheirs";
}

/** What failed, where an order is left to be finished. */
function causeOf(thrown: unknown): unknown {
  return thrown instanceof OrderPending ? thrown.error : thrown;
}

/** Of one issuer its own error; of several what each said, with the order that is left of the first that has one. */
function noneServed<Inputs>(
  situation: FallbackSituation<IssuingCandidate<Inputs>>,
  failures: readonly CandidateFailure[],
  thrown: readonly unknown[],
  why: string,
): unknown {
  if (situation.candidates.length === 1 && thrown.length > 0) return thrown[0];
  const cause = thrown.length === 1 ? thrown[0] : new AggregateError(thrown, "No issuer served.");
  const message = describeNoneServed(situation, failures, why);
  const retryAt = earliestRetry(thrown);
  const error =
    retryAt === undefined
      ? new CertificatesError("IssuanceFailed", message, { retryable: true, cause })
      : new AcmeError(message, "retryLater", { retryAt, cause });
  const pending = thrown.find((one) => one instanceof OrderPending);
  return pending === undefined ? error : new OrderPending(error, pending.pending);
}

/** Before this none of them wants to be asked again; undefined where one of them did not say. */
function earliestRetry(thrown: readonly unknown[]): number | undefined {
  const moments = thrown.map((one) => {
    const error = causeOf(one);
    return error instanceof AcmeError ? error.details.retryAt : undefined;
  });
  const known = moments.filter((moment) => moment !== undefined);
  return known.length > 0 && known.length === moments.length ? Math.min(...known) : undefined;
}
