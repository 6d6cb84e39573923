import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../support/provide";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cache-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a process that takes the lock "work", notes when it has it and when it gives it back, and waits in between. */
function worker(name: string): Promise<void> {
  const script = `
    import { appendFileSync } from "node:fs";
    import { withLock } from "./tools/cache.mjs";
    const note = (what) => appendFileSync(process.argv[1], process.argv[2] + " " + what + "\\n");
    await withLock("work", async () => { note("begins"); await new Promise((r) => setTimeout(r, 300)); note("ends"); });`;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--input-type=module", "-e", script, join(folder, "log"), name],
      { cwd: repository, env: { ...process.env, XDG_CACHE_HOME: folder } },
      (error) => (error ? reject(error) : resolve()),
    );
  });
}

const log = () => readFileSync(join(folder, "log"), "utf8").trim().split("\n");
const lock = () => join(folder, "pulumi-certificates", "locks", "work.pid");

test("two processes that prepare the same thing do so one after the other", async () => {
  await Promise.all(["a", "b", "c"].map(worker));
  const lines = log();
  expect(lines).toHaveLength(6);
  for (let i = 0; i < 6; i += 2) expect(lines[i + 1]).toBe(lines[i]?.replace("begins", "ends"));
  expect(existsSync(lock())).toBe(false);
});

test("a process that was killed while it prepared something does not block the next one", async () => {
  mkdirSync(join(lock(), ".."), { recursive: true });
  writeFileSync(lock(), "4194305"); // above the highest process id of Linux
  await Promise.all(["a", "b"].map(worker));
  expect(log()).toHaveLength(4);
});
