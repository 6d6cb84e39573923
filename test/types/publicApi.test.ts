import { existsSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";
import { repository } from "../support/provide";

const fixtures = join(__dirname, "fixtures");
const declarations = join(repository, "dist", "sdk");

/** How programs are compiled: Pulumi's own templates use the first, newer ones the second. */
const resolutions = {
  node10: { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
} as const;

const strict: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2022.d.ts"],
  types: ["node"],
  typeRoots: [join(repository, "node_modules", "@types")],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  esModuleInterop: true,
  noEmit: true,
  ignoreDeprecations: "5.0",
};

/** What the compiler says of the fixtures and of our declarations; those of others are theirs to mend. */
function diagnose(files: readonly string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, options);
  const read = program.getSourceFiles().map(({ fileName }) => fileName);
  expect(read.filter((file) => file.startsWith(declarations + sep)).length).toBeGreaterThan(10);
  expect(read.filter((file) => file.startsWith(join(repository, "sdk") + sep))).toEqual([]);
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) return [message];
    if (!file.fileName.startsWith(fixtures) && !file.fileName.startsWith(declarations)) return [];
    const { line } = file.getLineAndCharacterOfPosition(start);
    return [`${file.fileName}:${line + 1}: ${message}`];
  });
}

const allFiles = readdirSync(fixtures).map((name) => join(fixtures, name));
const files = (extension: string): string[] => allFiles.filter((name) => name.endsWith(extension));

beforeAll(() => {
  if (!existsSync(declarations)) throw new Error("The package is not built: run `npm run build` first.");
});

describe.each(Object.entries(resolutions))("a strict program under module resolution %s", (name, resolution) => {
  test("is accepted where it is right, and refused where it is wrong", () => {
    const sources = [...files(".ts"), ...(name === "nodenext" ? files(".mts") : [])];
    expect(diagnose(sources, { ...strict, ...resolution })).toEqual([]);
  });
});

test("a program that is less strict may pass undefined for what may be missing", () => {
  const options = { ...strict, ...resolutions.node10, exactOptionalPropertyTypes: false };
  const unused = diagnose(files(".ts"), options);
  expect(unused).toEqual([expect.stringContaining("Unused '@ts-expect-error' directive.")]);
});
