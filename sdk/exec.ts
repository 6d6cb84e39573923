import type { ExecArgs, ExecSolver } from "./solvers/exec";
import type { ExecTarget, ExecTargetArgs } from "./targets/exec";

/**
 * A target: runs a deploy hook that was written for certbot or acme.sh, so that a team keeps its scripts. The files
 * change by one rename, then the hook runs, as it did after a renewal. If it fails, or an endpoint does not serve the
 * certificate, the old files come back and the hook runs once more.
 */
export function exec(args: ExecTargetArgs): ExecTarget;
/** A solver: answers by a script that was written for lego, certbot or acme.sh. It runs on the machine on which Pulumi runs. */
export function exec(args: ExecArgs): ExecSolver;
export function exec(args: ExecTargetArgs | ExecArgs): (ExecTargetArgs | ExecArgs) & { kind: "exec" } {
  return { ...args, kind: "exec" };
}
