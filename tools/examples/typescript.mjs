// The servers of examples that the tests have, too, are written in TypeScript: loads their modules as they are.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** @param {string} path below test/support @returns what the module exports */
export function testSupport(path) {
  require("../../test/support/typescript.cjs");
  return require(`../../test/support/${path}.ts`);
}
