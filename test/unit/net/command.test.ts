import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf, runCommand } from "../../../sdk/net/command";

const shell = (script: string): string[] => ["/bin/sh", "-c", script];

describe("runCommand", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "command-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  test("gives the exit code and the output", async () => {
    const result = await runCommand(shell("echo out; echo err >&2; exit 3"));
    expect(result).toMatchObject({ code: 3, signal: undefined, timedOut: false, stdout: "out\n" });
    expect(result.output.split("\n").sort()).toEqual(["err", "out"]);
  });

  test("passes arguments as they are, without a shell", async () => {
    const result = await runCommand(["/bin/echo", "$HOME", "; id", "a b"]);
    expect(result.stdout).toBe("$HOME ; id a b\n");
  });

  test("gives the listed variables only", async () => {
    process.env.PULUMI_ACCESS_TOKEN = "not for commands";
    try {
      const { stdout } = await runCommand(["/usr/bin/env"], { environment: { CERTIFICATE_DIRECTORY: "/x" } });
      const names = stdout
        .trim()
        .split("\n")
        .map((line) => line.split("=")[0]);
      expect(names.sort()).toEqual(["CERTIFICATE_DIRECTORY", "LANG", "PATH"]);
    } finally {
      delete process.env.PULUMI_ACCESS_TOKEN;
    }
  });

  test("gives the input, also to a command that does not read it", async () => {
    expect((await runCommand(["/bin/cat"], { input: "key" })).stdout).toBe("key");
    expect((await runCommand(["/bin/true"], { input: "x".repeat(1_000_000) })).code).toBe(0);
  });

  test("ends the whole process group at the timeout, also what ignores the first signal", async () => {
    const pids = join(directory, "pids");
    const script = `trap '' TERM; echo $$ >> ${pids}; (trap '' TERM; sh -c 'echo $$ >> ${pids}; sleep 60') & sleep 60; sleep 60`;
    const result = await runCommand(shell(script), { timeout: 300 });
    expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    const started = readFileSync(pids, "utf8").trim().split("\n").map(Number);
    expect(started).toHaveLength(2);
    for (const pid of started) expect(isRunning(pid)).toBe(false);
  });

  test("does not wait for a daemon that keeps the outputs open", async () => {
    const result = await runCommand(shell("sleep 5 & echo $!"));
    expect(result).toMatchObject({ code: 0, timedOut: false });
    process.kill(Number(result.stdout));
  });

  test("keeps only the end of a long output", async () => {
    const result = await runCommand(shell("yes line | head -c 1000000; echo the end"));
    expect(result.output.length).toBeLessThan(2_100);
    expect(result.output).toMatch(/^\[…\] [\s\S]*the end$/);
    expect(result.stdout.length).toBeLessThanOrEqual(64 * 1024);
  });

  test("hides secrets and keys in its output", async () => {
    const key =
      "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\nabc=\n-----END PRIVATE KEY-----\n";
    writeFileSync(join(directory, "key.pem"), key);
    const result = await runCommand(shell(`cat ${directory}/key.pem; echo password is hunter2`), {
      secrets: ["hunter2"],
    });
    expect(result.output).toBe("[hidden]\npassword is [hidden]");
  });

  test("says which program cannot be started", async () => {
    await expect(runCommand(["/nonexistent/nginx", "-t"])).rejects.toThrow(
      "/nonexistent/nginx could not be started (ENOENT).",
    );
  });

  test("takes no relative program", () => {
    expect(() => runCommand(["nginx"])).toThrow("absolute path");
  });
});

describe("failureOf", () => {
  test("is undefined for success", async () => {
    expect(failureOf(["/bin/true"], await runCommand(["/bin/true"]))).toBeUndefined();
  });

  test.each([
    ["echo broken configuration; exit 2", {}, "` ended with exit code 2: broken configuration"],
    ["kill -9 $$", {}, "` was ended by SIGKILL."],
    ["sleep 9", { timeout: 100 }, "` did not end within 0.1 s."],
  ])("%s", async (script, options, expected) => {
    const failure = failureOf(shell(script), await runCommand(shell(script), options), options);
    expect(failure).toContain(expected);
  });

  test("hides a secret among the arguments", async () => {
    const command = shell("false # --token=s3cr3t");
    expect(failureOf(command, await runCommand(command), { secrets: ["s3cr3t"] })).not.toContain("s3cr3t");
  });
});

/** A killed process that its parent has not yet collected does not count. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, "utf8"));
}
