import type { SubjectNames } from "./names";
import { checkConstraints } from "./pathConstraints";
import type { ChainElement, ChainFailure, ChainPurpose } from "./pathElement";
import { checkAuthority, checkForm, checkLeafNames, checkPurpose, checkSignature, checkValidity } from "./pathRules";

export interface PathConditions {
  at: Date;
  names?: SubjectNames;
  purpose?: ChainPurpose;
}

/** The first thing wrong with a path that ends at a trust anchor, root first; undefined if it is valid. */
export function validatePath(path: ChainElement[], conditions: PathConditions): ChainFailure | undefined {
  for (const [at, element] of [...path.entries()].reverse()) {
    const failure =
      checkSignature(element, path[at + 1]) ??
      checkValidity(element, conditions.at) ??
      checkForm(element, path.length > 1, at + 1 < path.length) ??
      (at > 0 ? checkAuthority(element, path, at) : undefined) ??
      checkConstraints(element, path, at) ??
      checkPurpose(element, conditions.purpose);
    if (failure) return failure;
  }
  return checkLeafNames(path[0] as ChainElement, conditions.names);
}
