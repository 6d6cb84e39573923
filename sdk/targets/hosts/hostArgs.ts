import type { SshArgs } from "./sshSpec";

/** A machine that a target is on, as the factories `ssh(…)` and `local()` return it. */
export type HostArgs = SshArgs | LocalArgs;

/** What {@link local} returns. */
export interface LocalArgs {
  /** Which kind of host it is. */
  readonly kind: "local";
}

/** The machine that runs Pulumi, among others in the waves of a deployment. */
export function local(): LocalArgs {
  return { kind: "local" };
}
