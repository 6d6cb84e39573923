import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../support/provide";

/** Runs one test file in a Jest of its own, on a machine without nginx. */
function runWithoutNginx(ci: boolean): Promise<{ code: number; output: string }> {
  const folder = mkdtempSync(join(repository, "test", "unit", "support", "requirements-"));
  const file = join(folder, "sample.test.ts");
  writeFileSync(
    file,
    `import { needs } from "../../../support/requirements";
     const nginx = needs("nginx");
     nginx.describe("a server", () => test("answers", () => {}));
     nginx.test("a single one", () => {});`,
  );
  const { CI: _ci, ...env } = process.env;
  const jest = join(repository, "node_modules", "jest", "bin", "jest.js");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [jest, "--selectProjects", "unit", "--verbose", "--", file],
      { cwd: repository, env: { ...env, PATH: "/nowhere", XDG_CACHE_HOME: folder, ...(ci ? { CI: "true" } : {}) } },
      (error, stdout, stderr) => {
        rmSync(folder, { recursive: true });
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      },
    );
  });
}

test("tests that need a missing server are skipped, with the reason", async () => {
  const { code, output } = await runWithoutNginx(false);
  expect(output).toContain("a server [needs nginx: run `node tools/servers.mjs`]");
  expect(output).toMatch(/Tests: +2 skipped, 2 total/);
  expect(code).toBe(0);
});

test("tests that need a missing server fail in a CI run", async () => {
  const { code, output } = await runWithoutNginx(true);
  expect(output).toContain("needs nginx: run `node tools/servers.mjs`");
  expect(output).toMatch(/Tests: +2 failed, 2 total/);
  expect(code).toBe(1);
});
