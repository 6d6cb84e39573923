import type { Prove } from "../acme/challenges";
import type { Journal, LeftoverAnswer } from "../acme/journal";
import { messageOf } from "../errors";
import { type ParsedSolver, solversFor } from "../solvers/select";
import type { SolverContext } from "../solvers/solver";
import type { Order } from "./acmeOrder";
import type { PendingOrder } from "./issuer";

/** Writes down which answers may be in place before they are, so that the run after a kill can remove them. */
export interface AnswerRecord {
  /** The order exists. */
  begin(order: PendingOrder): Promise<void>;
  recorded(solvers: readonly ParsedSolver[], prove: Prove): Prove;
}

/** @param resumed the order, which an earlier run may have placed */
export function answerRecord(journal: Journal, resumed: Order): AnswerRecord {
  let entry = resumed;
  const answers: LeftoverAnswer[] = [];
  let running: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;
  // One after the other, because provers work in parallel and the journal has one file; those that wait share the next.
  const write = (): Promise<void> =>
    (queued ??= running.then(() => {
      queued = undefined;
      const { orderUrl } = entry;
      running =
        orderUrl === undefined ? Promise.resolve() : journal.write({ ...entry, orderUrl, answers: [...answers] });
      return running;
    }));
  return {
    begin: (order) => {
      entry = order;
      answers.length = 0;
      return write();
    },
    recorded: (solvers, prove) => async (offered) => {
      answers.push(...possibleAnswers(solvers, offered));
      await write();
      return prove(offered);
    },
  };
}

function possibleAnswers(solvers: readonly ParsedSolver[], offered: Parameters<Prove>[0]): LeftoverAnswer[] {
  const [first] = offered;
  if (first === undefined) return [];
  const types = offered.map(({ type }) => type);
  return solversFor(solvers, first.identifier, first.wildcard, types).flatMap(({ challenge: type, property }) =>
    offered.filter((challenge) => challenge.type === type).map((challenge) => ({ solver: property, challenge })),
  );
}

/** Removes what a run that was killed may have left in place; says what could not be removed. */
export async function removeLeftovers(
  answers: readonly LeftoverAnswer[],
  solvers: readonly ParsedSolver[],
  context: SolverContext,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { solver: property, challenge } of answers) {
    const solver = solvers.find((one) => one.property === property && one.challenge === challenge.type);
    try {
      await solver?.kind.removeLeftover?.(solver.spec, challenge, context);
    } catch (error) {
      warnings.push(
        `An answer for ${challenge.identifier.value} that an earlier run left could not be removed: ${messageOf(error)}`,
      );
    }
  }
  return warnings;
}
