// `npm run docs` writes docs/reference from the doc comments of the public API. With `-- --check` it writes nothing and
// fails if a page is not what it would write, or if a doc comment is missing. `-- --entry <file>` reads another API.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { main } from "./exec.mjs";
import { audit } from "./reference/audit.mjs";
import { readApi } from "./reference/readApi.mjs";
import { renderPages } from "./reference/renderPages.mjs";
import { repository } from "./setup.mjs";

const folder = join(repository, "docs", "reference");

await main(() => {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, entry: { type: "string" } } });
  const api = readApi(resolve(values.entry ?? join(repository, "sdk", "index.ts")));
  const problems = audit(api);
  if (values.entry === undefined) {
    const pages = renderPages(api);
    if (values.check) problems.push(...driftOf(pages));
    else write(pages);
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
});

function existingPages() {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function driftOf(pages) {
  const different = [...pages].filter(([name, text]) => {
    const path = join(folder, name);
    return !existsSync(path) || readFileSync(path, "utf8") !== text;
  });
  const names = [...different.map(([name]) => name), ...existingPages().filter((name) => !pages.has(name))];
  return names.map((name) => `docs/reference/${name} is not what the doc comments say: run \`npm run docs\`.`);
}

function write(pages) {
  mkdirSync(folder, { recursive: true });
  for (const name of existingPages()) if (!pages.has(name)) rmSync(join(folder, name));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
}
