import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { processStart } from "../../../sdk/net/processStart";
import { useJournals, entry, folder, open } from "../../support/journals";

useJournals();

describe("one writer", () => {
  const lockFile = (): string =>
    join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(".lock"))!,
    );

  test("a second one is refused while the first is at work, and waits for its end", async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(
      /^Another run is at work on the order of web: process \d+ on .* holds .*\.lock/,
    );
    const second = open({ waitMs: 10_000 });
    await first.close();
    await (await second).write(entry);
  });

  test("of another resource does not wait", async () => {
    await open();
    await open({ resource: "api" });
  });

  test("gives up the wait with the run", async () => {
    await open();
    await expect(open({ waitMs: 60_000, signal: AbortSignal.timeout(50) })).rejects.toThrow(/aborted|timeout/i);
  });

  it.each<[string, (lock: string) => Promise<void>]>([
    [
      "a process that was killed",
      async (lock) => {
        const child = spawn("sleep", ["100"]);
        const start = await processStart(child.pid!);
        expect(start).toBeDefined();
        child.kill("SIGKILL");
        await once(child, "exit");
        writeFileSync(lock, JSON.stringify({ token: "t", host: hostname(), pid: child.pid, start }));
      },
    ],
    [
      "a number that another process has now",
      async (lock) => {
        const start = "00000000-0000-0000-0000-000000000000/1";
        writeFileSync(lock, JSON.stringify({ token: "t", host: hostname(), pid: process.pid, start }));
      },
    ],
    [
      "another machine that has fallen silent",
      async (lock) => {
        writeFileSync(lock, JSON.stringify({ token: "t", host: "runner-7", pid: 1 }));
        utimesSync(lock, 1, 1);
      },
    ],
    [
      "a process killed before it wrote who it was",
      async (lock) => {
        writeFileSync(lock, "");
        utimesSync(lock, 1, 1);
      },
    ],
  ])("the lock of %s is taken over, by one of many", async (_whose, leave) => {
    const first = await open();
    const lock = lockFile();
    await first.close();
    await leave(lock);
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => open({ waitMs: 500 })));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it.each([
    ["a process that runs", hostname(), 1],
    ["another machine that was there a moment ago", "runner-7", 1],
  ])("the lock of %s is respected", async (_whose, host, pid) => {
    const first = await open();
    const lock = lockFile();
    await first.close();
    writeFileSync(
      lock,
      JSON.stringify({ token: "t", host, pid, start: host === hostname() ? await processStart(1) : "" }),
    );
    await expect(open()).rejects.toThrow(`process 1 on ${host}`);
    expect(existsSync(lock)).toBe(true);
  });

  test("that was taken over does not release the lock of the other", async () => {
    const first = await open();
    const other = JSON.stringify({
      token: "t",
      host: hostname(),
      pid: process.pid,
      start: await processStart(process.pid),
    });
    writeFileSync(lockFile(), other);
    await first.close();
    expect(readFileSync(lockFile(), "utf8")).toBe(other);
  });
});
