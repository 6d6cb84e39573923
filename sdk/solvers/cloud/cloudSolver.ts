import { mapBounded } from "../../verify/mapBounded";
import type { DnsOptions } from "../dns/options";
import { recordNames, txtSolver } from "../dns/txtRecord";
import type { SolverContext } from "../solver";
import type { TxtApi } from "./txtApi";

const concurrency = 4;

/** The parts of a solver kind that all clouds have in common, over the API client of each. */
export function cloudSolver<Spec extends { readonly dns: DnsOptions }>(clientOf: (spec: Spec) => TxtApi) {
  return {
    ...txtSolver<Spec>({
      add: (spec, { fqdn, value }, context) => clientOf(spec).add(fqdn, value, context),
      remove: (spec, { fqdn, value }, context) => clientOf(spec).remove(fqdn, value, context),
    }),

    /** Throws unless there is a zone for each name, in which the credentials may change records. */
    async preflight(spec: Spec, names: readonly string[], context: SolverContext): Promise<void> {
      const client = clientOf(spec);
      await mapBounded(await recordNames(names, spec.dns, context), concurrency, (name) => client.check(name, context));
    },
  };
}
