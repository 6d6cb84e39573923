// The TypeScript program that the reference is read from.
import { createRequire } from "node:module";
import { join } from "node:path";
import { repository } from "../setup.mjs";

const ts = createRequire(import.meta.url)("typescript");

/** Their types are named in the reference, never expanded: reading their 3,000 files would take most of the time. */
const onlyNamed = /^@pulumi\/(aws|kubernetes)(\/|$)/;

/** @param {string[]} entries paths of source files @returns {import("typescript").Program} */
export function sourceProgram(entries) {
  const config = ts.readConfigFile(join(repository, "tsconfig.json"), ts.sys.readFile).config;
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const options = { ...parsed.options, noEmit: true };
  const host = ts.createCompilerHost(options);
  const cache = ts.createModuleResolutionCache(repository, (path) => host.getCanonicalFileName(path), options);
  host.resolveModuleNameLiterals = (literals, from, redirected, _options, file) =>
    literals.map((literal) => {
      if (onlyNamed.test(literal.text)) return { resolvedModule: undefined };
      const mode = ts.getModeForUsageLocation(file, literal, options);
      return ts.resolveModuleName(literal.text, from, options, host, cache, redirected, mode);
    });
  return ts.createProgram(entries, options, host);
}
