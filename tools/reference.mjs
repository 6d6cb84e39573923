// `npm run docs` writes docs/reference from the doc comments of the public API. With `-- --check` it writes nothing and
// fails if a page is not what it would write, or if a doc comment is missing. `-- --entry <file>` reads another API.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { main } from "./exec.mjs";
import { audit } from "./reference/audit.mjs";
import { readApis } from "./reference/readApi.mjs";
import { renderPages } from "./reference/renderPages.mjs";
import { repository } from "./setup.mjs";

const folder = join(repository, "docs", "reference");
/** What programs import, and its source. */
const subpaths = { "": "sdk", kubernetes: "components/kubernetes", aws: "components/aws" };

await main(() => {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, entry: { type: "string" } } });
  const [root, entries] =
    values.entry === undefined
      ? [repository, Object.values(subpaths).map((path) => join(repository, path, "index.ts"))]
      : [dirname(resolve(values.entry)), [resolve(values.entry)]];
  const apis = readApis(root, entries);
  const problems = apis.flatMap((api) => audit(api));
  if (values.entry === undefined) {
    const pages = renderPages(Object.keys(subpaths).map((subpath, index) => ({ subpath, ...apis[index] })));
    if (values.check) problems.push(...driftOf(pages));
    else write(pages);
  }
  if (problems.length > 0) throw new Error([...new Set(problems)].join("\n"));
});

function existingPages() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).filter((path) => path.endsWith(".md"));
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
  for (const name of existingPages()) if (!pages.has(name)) rmSync(join(folder, name));
  for (const [name, text] of pages) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
