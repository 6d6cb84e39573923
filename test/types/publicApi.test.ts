import { existsSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";
import { repository } from "../support/provide";
import { resolutions, strict } from "./compilerOptions";

const fixtures = join(__dirname, "fixtures");
const declarations = join(repository, "dist", "sdk");

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
