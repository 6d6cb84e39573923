import type { ChainElement } from "./pathElement";
const maxPaths = 16;
const maxDepth = 16;
const maxSteps = 1000;

export interface BuiltPaths {
  /** Paths from the leaf to a self-signed trust anchor. */
  readonly complete: ChainElement[][];
  /** The longest path found, for a message when none is complete. */
  readonly longest: ChainElement[];
}

/** Every path from a leaf to a trust anchor, trust anchors tried first. Signatures are not looked at yet. */
export function buildPaths(leaf: ChainElement, intermediates: ChainElement[], anchors: ChainElement[]): BuiltPaths {
  const trusted = new Set(anchors.map(({ fingerprint }) => fingerprint));
  const candidates = [...anchors, ...intermediates];
  const complete: ChainElement[][] = [];
  let longest: ChainElement[] = [];
  let steps = 0;
  const extend = (path: ChainElement[]): void => {
    const last = path.at(-1) as ChainElement;
    if (path.length > longest.length) longest = path;
    if (last.selfSigned) {
      if (trusted.has(last.fingerprint)) complete.push(path);
      return;
    }
    for (const candidate of candidates) {
      if (complete.length >= maxPaths || path.length >= maxDepth || ++steps > maxSteps) return;
      if (path.some(({ fingerprint }) => fingerprint === candidate.fingerprint)) continue;
      if (last.facts.certificate.checkIssued(candidate.facts.certificate)) extend([...path, candidate]);
    }
  };
  extend([leaf]);
  return { complete, longest };
}
