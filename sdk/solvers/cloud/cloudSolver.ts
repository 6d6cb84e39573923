import type { Challenge } from "../../acme/challenge";
import { mapBounded } from "../../verify/mapBounded";
import type { DnsOptions } from "../dns/options";
import { recordNames, txtSolver } from "../dns/txtRecord";
import type { Answer, SolverContext } from "../solver";
import type { TxtApi } from "./txtApi";

const concurrency = 4;

/** The parts of a solver kind that all clouds have in common, over the API client of each. */
export function cloudSolver<Spec extends { readonly dns: DnsOptions }>(clientOf: (spec: Spec) => TxtApi) {
  const solver = txtSolver<Spec>({
    add: (spec, { fqdn, value }, context) => clientOf(spec).add(fqdn, value, context),
    remove: (spec, { fqdn, value }, context) => clientOf(spec).remove(fqdn, value, context),
  });
  return {
    ...solver,

    async present(spec: Spec, challenge: Challenge, context: SolverContext): Promise<Answer> {
      const client = clientOf(spec);
      const answer = await solver.present(spec, challenge, context);
      return {
        ...answer,
        async ready() {
          await client.settle?.(challenge.digest, spec.dns.propagationTimeout, context);
          await answer.ready();
        },
      };
    },

    /** Throws unless there is a zone for each name, in which the credentials may change records. */
    async preflight(spec: Spec, names: readonly string[], context: SolverContext): Promise<void> {
      const client = clientOf(spec);
      const failures = await mapBounded(await recordNames(names, spec.dns, context), concurrency, (name) =>
        client.check(name, context).then(
          () => [],
          (error: unknown) => [error],
        ),
      );
      for (const error of failures.flat()) throw error;
    },
  };
}
