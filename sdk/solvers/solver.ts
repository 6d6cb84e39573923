import type { Challenge, ChallengeType } from "../acme/challenge";

/** What a solver is given besides the challenge. */
export interface SolverContext {
  /** Ends the wait when the run has no time left, or the engine is gone. */
  readonly signal: AbortSignal;
  /** Shows progress; never a secret. */
  report(line: string): void;
}

/** An answer that is in place. */
export interface Answer {
  /**
   * Resolves once the CA can see it: for DNS when all authoritative servers and the resolvers that the user names
   * return it. Several answers wait at the same time. Rejects with what was seen where.
   */
  ready(): Promise<void>;
  /** Takes the answer away, and nothing else: other certificates may have answers in the same place. Harmless when repeated. */
  remove(): Promise<void>;
}

/**
 * Everything the package needs to know about one kind of solver. `Spec` is its parsed description with secrets in
 * place, `Args` what its factory returns in a program: plain data, whose secret values are named in `secrets`.
 */
export interface SolverKind<Spec, Args extends { readonly kind: string }> {
  readonly kind: Args["kind"];
  readonly challenge: ChallengeType;
  /** Describes the solver in a program, as plain data. */
  readonly factory: (...args: never[]) => Args;
  /** Properties of `Args` that are secret: they are never part of a checked input. */
  readonly secrets: readonly string[];

  /**
   * Throws `InvalidArgument` for what can never work, with `property` as the path of the description. Secrets may be
   * missing from the value, in a preview. No I/O.
   */
  parse(value: unknown, property: string): Spec;
  /** Before an order is placed: throws if the solver could not work, such as for credentials that are refused. */
  preflight?(spec: Spec, names: readonly string[], context: SolverContext): Promise<void>;
  /** Puts the answer in place. */
  present(spec: Spec, challenge: Challenge, context: SolverContext): Promise<Answer>;
  /** Removes the answer that an earlier process left behind for this challenge, without having presented it. */
  removeLeftover?(spec: Spec, challenge: Challenge, context: SolverContext): Promise<void>;
}

/** Makes a kind for the registry in registry.ts. */
export function defineSolver<Spec, Args extends { readonly kind: string }>(
  kind: SolverKind<Spec, Args>,
): SolverKind<Spec, Args> {
  return Object.freeze(kind);
}

/** For which names a solver is used: cert-manager's rule, the most specific wins. */
export interface SolverSelector {
  /** Exact names, `*.example.com` for a wildcard. */
  readonly dnsNames?: readonly string[];
  /** These zones and everything below them. */
  readonly dnsZones?: readonly string[];
}
