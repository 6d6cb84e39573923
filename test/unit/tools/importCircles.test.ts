import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { repository } from "../../support/provide";

const sources = ["sdk", "components", "cli"].flatMap((folder) =>
  (readdirSync(join(repository, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name)),
);

/** The files that a file imports, types too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(repository, file), "utf8");
  return [...text.matchAll(/(?:from|require\()\s*"(\.[^"]+)"/g)].flatMap(([, name = ""]) => {
    const path = join(dirname(file), name);
    return [`${path}.ts`, join(path, "index.ts")].filter((candidate) => existsSync(join(repository, candidate)));
  });
}

const imports = new Map(sources.map((file) => [file, importsOf(file)]));

/** The way from a file back to itself, if there is one. */
function circleThrough(start: string): string[] | undefined {
  const from = new Map<string, string>();
  const waiting = [start];
  for (const file of waiting) {
    for (const next of imports.get(file) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = file; at !== start; at = from.get(at) ?? start) way.unshift(at);
        return [start, ...way];
      }
      if (from.has(next)) continue;
      from.set(next, file);
      waiting.push(next);
    }
  }
  return undefined;
}

test("no file imports itself, on whatever way", () => {
  expect(sources.length).toBeGreaterThan(200);
  const circles = sources.flatMap((file) => circleThrough(file)?.join(" -> ") ?? []);
  expect(circles).toEqual([]);
});
