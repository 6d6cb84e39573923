import type { Resolver } from "node:dns/promises";
import type { TestSolver } from "./fixture";

/** Looks for answers as a CA does, with the resolver of Node.js. What is left is looked for at the same names. */
export function textWatch(resolver: Resolver): Pick<TestSolver, "answers" | "leftovers"> {
  const names = new Set<string>();
  const textsAt = async (name: string): Promise<string[]> =>
    (await resolver.resolveTxt(name).catch(nothingFound)).map((parts) => parts.join(""));
  return {
    async answers({ identifier, digest }) {
      const name = `_acme-challenge.${identifier.value}`;
      names.add(name);
      return (await textsAt(name)).includes(digest);
    },
    leftovers: async () => (await Promise.all([...names].map(textsAt))).flat(),
  };
}

function nothingFound(error: unknown): string[][] {
  if (["ENODATA", "ENOTFOUND"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
  throw error;
}
