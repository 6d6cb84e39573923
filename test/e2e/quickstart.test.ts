import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, type RunningCommand, startCommand } from "../support/command";
import { repository } from "../support/provide";

/** A trial of its own, beside the one that a developer may have in .quickstart/. */
const folder = join(mkdtempSync(join(tmpdir(), "certificates-quickstart-")), "trial");
const running: RunningCommand[] = [];

/** What a user's shell may hold; nothing of it may reach the trial's stack. */
const account = {
  PULUMI_ACCESS_TOKEN: "pul-of-the-user",
  PULUMI_BACKEND_URL: "https://pulumi.invalid",
  PULUMI_STACK: "users-own",
  PULUMI_CONFIG_PASSPHRASE: "the user's",
  PULUMI_CERTIFICATES_NOW: "2001-01-01",
};

/** The process of tools/quickstart.mjs, not the npm and the shell around it. */
const itself = /^\S*node tools\/quickstart\.mjs/;

function start(...args: string[]): RunningCommand {
  const command = startCommand("npm", ["run", "quickstart", "--", ...args], {
    cwd: repository,
    timeoutMs: 600_000,
    env: { ...process.env, ...account, QUICKSTART_FOLDER: folder },
  });
  running.push(command);
  return command;
}

async function quickstart(...args: string[]): Promise<CommandResult> {
  const result = await start(...args).done;
  if (result.code !== 0) throw new Error(`exit code ${result.code}:\n${result.all}`);
  return result;
}

const configFiles = (): string[] =>
  readdirSync(repository).filter((name) => /^Pulumi\.quickstart-.*\.yaml$/.test(name));
const credentials = join(homedir(), ".pulumi", "credentials.json");
const login = (): string => (existsSync(credentials) ? readFileSync(credentials, "utf8") : "none");

afterAll(async () => {
  for (const command of running) command.killGroup();
  await Promise.allSettled(running.map((command) => command.done));
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

describe("npm run quickstart", () => {
  const loginBefore = login();

  test("killed in the middle of its first up, and started again, shows the whole path of a certificate", async () => {
    const killed = start();
    await killed.waitFor(/The first `pulumi up`/);
    // One that it is about to start bears its name for a moment.
    expect(killed.killStarted(itself)).toBeGreaterThan(0);
    expect((await killed.done).code).not.toBe(0);

    const { stdout, stderr } = await quickstart();
    const text = stdout.replace(/\s+/g, " ");
    expect(text).toContain("7 created");
    expect(text).toContain("7 unchanged Nothing is due");
    expect(text).toMatch(/web is due \[Renewing\]: due since \d{4}-\d\d-\d\d, expires/);
    expect(text).toMatch(/orders is due \[Renewing\]/);
    expect(text).not.toMatch(/(billing|search|root|issuing) is due/);
    expect(text).toMatch(/~ 4 updated/);
    const [, total, old, fresh] =
      /(\d+) full handshakes, 0 failed: (\d+) got the old .* (\d+) the new one/.exec(text) ?? [];
    expect(Number(old) + Number(fresh)).toBe(Number(total));
    expect(Number(fresh)).toBeGreaterThan(0);
    expect(stdout.match(/^ *\d+\/10 /gm)).toHaveLength(10);
    expect(stdout.match(/^ {5}\[\d+\.\d s\]$/gm)).toHaveLength(10);
    expect(stdout + stderr).not.toMatch(/PRIVATE KEY/);
  });

  test("leaves nothing running, and the user's login alone", async () => {
    expect(running.flatMap((command) => command.started())).toEqual([]);
    expect(login()).toBe(loginBefore);
    expect(configFiles()).toHaveLength(1);
  });

  test("runs any command of the CLI on its stack", async () => {
    const { all } = await quickstart("pulumi", "stack", "--show-urns");
    expect(all).toContain("Certificate::web");
  });

  test("interrupted, it ends in order and says how to go on", async () => {
    const interrupted = start();
    await interrupted.waitFor(/The first `pulumi up`/);
    for (const { pid } of interrupted.started(itself)) process.kill(pid, "SIGINT");
    const { code, all } = await interrupted.done;
    expect(code).not.toBe(0);
    expect(all).toContain("Run it again");
    expect(interrupted.started()).toEqual([]);
  });

  test("--clean destroys the stack and removes everything, from the middle too, and a second time", async () => {
    const { all } = await quickstart("--clean");
    expect(all).toContain("The stack is destroyed.");
    expect(existsSync(folder)).toBe(false);
    expect(configFiles()).toEqual([]);
    expect((await quickstart("--clean")).all).toContain("nothing to clean");
  });

  test("an unknown argument shows how it is used, and fails", async () => {
    const { code, all } = await start("--cleanup").done;
    expect(code).not.toBe(0);
    expect(all).toContain("npm run quickstart -- --clean");
  });
});
