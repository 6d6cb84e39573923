import { join } from "node:path";
import ts from "typescript";
import { repository } from "../provide";
import { ambient, blockFile } from "./ambient";

/** The type errors of programs, by their names; each is a module of its own. Types come from the sources. */
export function typeErrors(programs: Readonly<Record<string, string>>): Record<string, string[]> {
  const { config } = ts.readConfigFile(join(repository, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const sources = {
    "pulumi-certificates": [join(repository, "sdk", "index.ts")],
    "pulumi-certificates/*": [join(repository, "components", "*", "index.ts")],
  };
  const checked: ts.CompilerOptions = { ...options, noEmit: true, declaration: false, paths: sources };
  const texts = new Map([[ambient.path, ambient.text]]);
  for (const [name, text] of Object.entries(programs)) texts.set(blockFile(name), `${text}\nexport {};\n`);

  const host = ts.createCompilerHost(checked, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, text, version, true);
  };
  const program = ts.createProgram([...texts.keys()], checked, host);
  return Object.fromEntries(
    Object.keys(programs).map((name) => {
      const file = program.getSourceFile(blockFile(name));
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))];
    }),
  );
}
