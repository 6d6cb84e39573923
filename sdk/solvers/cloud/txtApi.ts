import type { SolverContext } from "../solver";

/**
 * What a DNS service's API can do with one TXT value. Other values at the same name are never disturbed, also those
 * that another process changes at the same time. Names are in lower case and without their last dot.
 */
export interface TxtApi {
  /** Puts the value there; harmless if it is there already. */
  add(name: string, value: string, context: SolverContext): Promise<void>;
  /** Takes the value away; harmless if it is gone already. */
  remove(name: string, value: string, context: SolverContext): Promise<void>;
  /** Waits until the service says that its servers have a value that was added, where it says such a thing. */
  settle?(value: string, timeoutMs: number, context: SolverContext): Promise<void>;
  /** Throws if the credentials are refused, the zone is missing, or records must not be changed. Changes nothing. */
  check(name: string, context: SolverContext): Promise<void>;
}

/** Seconds that resolvers may keep a record of a challenge: the least that all services accept. */
export const challengeTtl = 60;
