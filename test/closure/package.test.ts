import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PackedPackage, packPackage } from "../support/packedPackage";
import { repository } from "../support/provide";

let folder: string;
let packed: PackedPackage;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packed-"));
  packed = packPackage(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the package holds what it exports and its license, and no sources, tests or tools", () => {
  expect(packed.files).toEqual(
    expect.arrayContaining([
      "package.json",
      "README.md",
      "LICENSE",
      "dist/sdk/index.js",
      "dist/sdk/index.d.ts",
      "dist/sdk/provider/index.js",
      "dist/sdk/provider/index.d.ts",
      "dist/components/aws/index.js",
      "dist/components/aws/index.d.ts",
      "dist/components/kubernetes/index.js",
      "dist/components/kubernetes/index.d.ts",
      "dist/cli/index.js",
    ]),
  );
  const other = packed.files.filter((path) => !/^dist\/(sdk|components|cli)\/.*\.(js|d\.ts)$/.test(path));
  expect(other.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
});

test("publint accepts the package", () => {
  const publint = join(repository, "node_modules", "publint", "src", "cli.js");
  const output = execFileSync(process.execPath, [publint, "run", packed.folder, "--strict", "--pack", "false"], {
    encoding: "utf8",
  });
  expect(output).toContain("All good!");
});
