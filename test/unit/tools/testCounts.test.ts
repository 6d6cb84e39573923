import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../support/provide";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "counts-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function counts(results: object | undefined, ...broken: string[]): string {
  const file = join(folder, results === undefined ? "missing.json" : "results.json");
  if (results !== undefined) writeFileSync(file, JSON.stringify(results));
  const tool = join(repository, "tools", "testCounts.mjs");
  return execFileSync(process.execPath, [tool, file, ...broken], { encoding: "utf8" });
}

test.each([
  ["all is well", {}, [], "7 passed, 0 failed, 1 skipped\n"],
  ["tests fail", { numFailedTests: 2 }, ["tests"], "7 passed, 2 failed, 1 skipped\n"],
  ["a test file does not load", { numRuntimeErrorTestSuites: 1 }, ["tests"], "7 passed, 1 failed, 1 skipped\n"],
  ["all tests pass and the lint does not", {}, ["lint"], "7 passed, 1 failed, 1 skipped\n"],
  ["the tests end with an error although none failed", {}, ["tests"], "7 passed, 1 failed, 1 skipped\n"],
])("when %s the last line of a CI run says so", (_when, results, broken, line) => {
  const none = { numPassedTests: 7, numPendingTests: 1, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };
  expect(counts({ ...none, ...results }, ...broken)).toBe(line);
});

test("when Jest did not get as far as its results, the run has failed", () => {
  expect(counts(undefined, "build", "tests")).toBe("0 passed, 2 failed, 0 skipped\n");
});
