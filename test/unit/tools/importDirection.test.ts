import { lintRule } from "../../support/lintRule";

const lint = (files: Record<string, string>) => lintRule("importDirection", [{ root: "/package/sdk" }], files);

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
