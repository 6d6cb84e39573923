import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "../../support/provide";

/** What the rule says of files with these paths below sdk/ and these texts; the files need not exist. */
function lint(files: Record<string, string>): Record<string, string[]> {
  const script = `
    import { Linter } from "eslint";
    import { importDirection } from "./tools/eslint/importDirection.mjs";
    const { parser } = (await import("typescript-eslint")).default;
    const config = {
      files: ["**/*.ts"], languageOptions: { parser },
      plugins: { own: { rules: { direction: importDirection } } },
      rules: { "own/direction": ["error", { root: "/package/sdk" }] },
    };
    const linter = new Linter({ cwd: "/package" });
    const results = Object.entries(JSON.parse(process.argv[1])).map(([path, text]) =>
      [path, linter.verify(text, config, "/package/sdk/" + path).map((problem) => problem.message)]);
    console.log(JSON.stringify(Object.fromEntries(results)));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script, JSON.stringify(files)], {
    cwd: join(repository),
    encoding: "utf8",
  });
  return JSON.parse(output) as Record<string, string[]>;
}

test("a file that imports upwards is reported, however it does so", () => {
  const found = lint({
    "x509/static.ts": `import { due } from "../lifecycle/decide";`,
    "x509/type.ts": `import type { Due } from "../lifecycle/decide";`,
    "x509/inline.ts": `let due: import("../lifecycle/decide").Due;`,
    "x509/reexport.ts": `export { due } from "../lifecycle/decide";`,
    "x509/all.ts": `export * from "../lifecycle/decide";`,
    "x509/lazy.ts": `const due = () => import("../lifecycle/decide");`,
    "x509/required.ts": `const due = require("../lifecycle/decide");`,
    "provider/resource.ts": `import { Certificate } from "../resources/certificate";`,
    "targets/nested/deep.ts": `import { issue } from "../../provider/issuance";`,
  });
  for (const [path, messages] of Object.entries(found)) {
    expect([path, messages]).toEqual([path, [expect.stringMatching(/must not import (lifecycle|resources|provider)/)]]);
  }
});

test("the program side never loads the provider, and a new folder needs a place", () => {
  const found = lint({
    "resources/certificate.ts": `import { certificate } from "../provider/certificate";`,
    "index.ts": `export { certificate } from "./provider/certificate";`,
    "net/http.ts": `import { anything } from "../elsewhere/anything";`,
  });
  expect(found).toEqual({
    "resources/certificate.ts": [expect.stringContaining("resources must not import provider")],
    "index.ts": [expect.stringContaining("index must not import provider")],
    "net/http.ts": [expect.stringContaining("sdk/elsewhere has no place")],
  });
});

test("imports downwards, within a folder and from packages are fine", () => {
  const found = lint({
    "provider/certificate.ts": `import { due } from "../lifecycle/decide"; import "./memory"; import "node:fs";`,
    "resources/certificate.ts": `import type { Due } from "../lifecycle/decide"; import { files } from "../targets/files";`,
    "verify/probe.ts": `import { parse } from "../x509/parse";`,
  });
  expect(Object.values(found).flat()).toEqual([]);
});
