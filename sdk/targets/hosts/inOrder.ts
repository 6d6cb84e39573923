import type { Changes, Host } from "./host";

const changing: readonly (keyof Changes)[] = [
  "makeDirectory",
  "writeFile",
  "makeLink",
  "rename",
  "syncDirectory",
  "removeFile",
  "removeTree",
  "removeEmptyDirectory",
];

/**
 * Makes changes one after the other, each of them only if those before it succeeded. A host that is far away gets them
 * all at once, and stops at the first that fails. Throws what that one threw, once nothing is under way any more.
 */
export async function inOrder(host: Host, changes: (host: Changes) => readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(changes(host.inOrder?.() ?? chained(host)));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

function chained(host: Host): Changes {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (name: keyof Changes) => {
    const change = (host[name] as (...given: unknown[]) => Promise<unknown>).bind(host);
    return (...given: unknown[]): Promise<unknown> => (last = last.then(() => change(...given)));
  };
  return Object.fromEntries(changing.map((name) => [name, inTurn(name)])) as unknown as Changes;
}
