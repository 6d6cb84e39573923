import { lintRule } from "../../support/lintRule";

const lint = (files: Record<string, string>) => lintRule("lazyRequire", [], files);

test("what is loaded lazily has a literal path and its type, whatever is done with it", () => {
  const found = lint({
    "returned.ts": `const ask = () => require("./ask") as typeof import("./ask");`,
    "taken.ts": `function issue() { const { ask } = require("./ask") as typeof import("./ask"); return ask(); }`,
    "used.ts": `class A { ask() { return (require("./ask") as typeof import("./ask")).ask(); } }`,
  });
  expect(found).toEqual({ "returned.ts": [], "taken.ts": [], "used.ts": [] });
});

test("every other form is reported with what to write", () => {
  const found = lint({
    "untyped.ts": `const ask = () => require("./ask");`,
    "other.ts": `const ask = () => require("./ask") as typeof import("./answer");`,
    "computed.ts": `const load = (name: string) => require("./" + name) as typeof import("./ask");`,
    "top.ts": `const { ask } = require("./ask") as typeof import("./ask");`,
  });
  expect(found).toEqual({
    "untyped.ts": [expect.stringContaining('Write require("./ask") as typeof import("./ask")')],
    "other.ts": [expect.stringContaining('Write require("./ask") as typeof import("./ask")')],
    "computed.ts": [expect.stringContaining("require takes one literal")],
    "top.ts": ['Outside of a function nothing is lazy: import from "./ask".'],
  });
});
