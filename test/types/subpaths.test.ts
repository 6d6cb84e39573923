import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";
import { repository } from "../support/provide";
import { resolutions, strict } from "./compilerOptions";

const fixtures = ["aws", "kubernetes"].map((name) => join(__dirname, "fixtures", "subpaths", `${name}.ts`));
const declarations = join(repository, "dist");

beforeAll(() => {
  if (!existsSync(declarations)) throw new Error("The package is not built: run `npm run build` first.");
});

test.each(Object.entries(resolutions))("module resolution %s finds the types of both subpaths", (_name, options) => {
  for (const fixture of fixtures)
    for (const name of ["aws", "kubernetes"]) {
      const { resolvedModule } = ts.resolveModuleName(`pulumi-certificates/${name}`, fixture, options, ts.sys);
      expect(resolvedModule?.resolvedFileName).toBe(join(declarations, "components", name, "index.d.ts"));
    }
});

/** Once, and only of the fixtures and our declarations: those of the providers are 3,000 files. */
test("a strict program with components is accepted where it is right, and refused where it is wrong", () => {
  const program = ts.createProgram(fixtures, { ...strict, ...resolutions.node10 });
  const own = program.getSourceFiles().filter(({ fileName }) => {
    expect(fileName.startsWith(join(repository, "components") + sep)).toBe(false);
    return fixtures.includes(fileName) || fileName.startsWith(join(declarations, "components") + sep);
  });
  expect(own.length).toBeGreaterThan(10);
  const found = own.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  const said = found.map(({ file, start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  expect(said).toEqual([]);
});
