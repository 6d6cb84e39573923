import { AcmeError } from "../acme/problem";
import type { Challenge } from "../acme/challenge";
import { CertificatesError, messageOf } from "../errors";
import { type ParsedSolver, solversFor } from "./select";
import type { Answer, SolverContext } from "./solver";

/** A challenge whose answer is in place. */
export interface Proof {
  readonly challenge: Challenge;
  readonly answer: Answer;
}

/** As many failures in a row, and a solver is passed over while there is another. */
const failuresToSkip = 3;

/** Failures in a row in this process, by the id of the solver. */
const failures = new Map<string, number>();

/**
 * Chooses among the challenges that a CA offers for one authorization and puts the answer in place: by the most
 * specific solvers, one after the other until one succeeds.
 */
export function prover(
  solvers: readonly ParsedSolver[],
  context: SolverContext,
): (offered: readonly Challenge[]) => Promise<Proof> {
  return async (offered) => {
    const reasons: { solver: ParsedSolver; error: unknown }[] = [];
    for (const solver of healthyFirst(candidates(solvers, offered))) {
      const challenge = offered.find(({ type }) => type === solver.challenge) as Challenge;
      context.signal.throwIfAborted();
      try {
        const answer = await solver.kind.present(solver.spec, challenge, context);
        return { challenge, answer: { ready: () => watched(solver, answer, context), remove: () => answer.remove() } };
      } catch (error) {
        context.signal.throwIfAborted();
        failed(solver);
        reasons.push({ solver, error });
      }
    }
    throw allFailed(reasons, offered);
  };
}

function candidates(solvers: readonly ParsedSolver[], offered: readonly Challenge[]): ParsedSolver[] {
  const [first] = offered;
  if (first === undefined) throw new AcmeError("The CA offers no challenge for an authorization.", "nextIssuer");
  const types = offered.map(({ type }) => type);
  const found = solversFor(solvers, first.identifier, first.wildcard, types);
  if (found.length > 0) return found;
  throw new AcmeError(
    `No solver of the account can prove ${nameOf(first)}: the CA offers ${[...new Set(types)].join(", ")}.`,
    "nextIssuer",
    { hint: "Add a solver for one of these challenges to the account." },
  );
}

/** Those that failed too often are left out while others are there. */
function healthyFirst(found: readonly ParsedSolver[]): readonly ParsedSolver[] {
  const healthy = found.filter(({ id }) => (failures.get(id) ?? 0) < failuresToSkip);
  return healthy.length > 0 ? healthy : found;
}

async function watched(solver: ParsedSolver, answer: Answer, context: SolverContext): Promise<void> {
  try {
    await answer.ready();
    failures.delete(solver.id);
  } catch (error) {
    if (!context.signal.aborted) failed(solver);
    throw error;
  }
}

function failed({ id }: ParsedSolver): void {
  failures.set(id, (failures.get(id) ?? 0) + 1);
}

function allFailed(
  reasons: readonly { solver: ParsedSolver; error: unknown }[],
  offered: readonly Challenge[],
): AcmeError {
  const errors = reasons.map(({ error }) => error);
  const told = reasons.map(
    ({ solver, error }) => `${solver.challenge} by ${solver.kind.kind} (${solver.property}): ${messageOf(error)}`,
  );
  const isArgument = errors.every((error) => CertificatesError.is(error) && error.code === "InvalidArgument");
  return new AcmeError(
    `Control of ${nameOf(offered[0] as Challenge)} could not be shown. ${told.join(" Then: ")}`,
    isArgument ? "fatal" : "retryLater",
    {
      cause: errors.length === 1 ? errors[0] : new AggregateError(errors, "Every solver failed."),
      isIssuersFault: false,
    },
  );
}

const nameOf = ({ identifier, wildcard }: Challenge): string => `${wildcard ? "*." : ""}${identifier.value}`;
