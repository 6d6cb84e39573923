import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "./command";
import { codeBlocksOf } from "./docs/codeBlocks";
import { preloaded } from "./preloaded";
import { repository } from "./provide";

export const examples = join(repository, "examples");

/** The examples that bring their own servers. */
export function examplesToStart(): string[] {
  return readdirSync(examples).filter((name) => existsSync(join(examples, name, "start.mjs")));
}

/** Those of them whose servers are a cluster or a cloud: they use the components on its provider. */
export function componentExamples(): string[] {
  return examplesToStart().filter((name) =>
    /"@pulumi\/(aws|kubernetes)"/.test(readFileSync(join(examples, name, "package.json"), "utf8")),
  );
}

/** The examples that a test file starts by `npm start`, as their READMEs say; they end with it. */
export class StartedExamples {
  /** Where they make what they need while they run. */
  private readonly folder = mkdtempSync(join(tmpdir(), "started-examples-"));
  private readonly running: RunningCommand[] = [];

  constructor() {
    afterAll(async () => {
      for (const command of this.running) command.killGroup();
      await Promise.allSettled(this.running.map((command) => command.done));
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  start(name: string): { command: RunningCommand; expectNothingLeft(): void } {
    const path = join(examples, name);
    const commands = codeBlocksOf(join(path, "README.md")).filter(({ text }) => text === "npm start\n");
    expect(commands).toHaveLength(1);
    const files = readdirSync(path);
    const inherited = Object.entries(process.env).filter(([key]) => !/^(PULUMI_|NODE_OPTIONS$|JEST_)/.test(key));
    const env = { ...Object.fromEntries(inherited), NODE_OPTIONS: preloaded, TMPDIR: this.folder };
    const command = startCommand("npm", ["start"], { cwd: path, env, timeoutMs: 300_000 });
    this.running.push(command);
    const expectNothingLeft = (): void => {
      expect(command.started()).toEqual([]);
      expect(readdirSync(this.folder)).toEqual([]);
      expect(readdirSync(path)).toEqual(files);
    };
    return { command, expectNothingLeft };
  }

  /** Runs one to its end. It fails by itself if something is not as it says. */
  async expectToShow(name: string, shows: readonly RegExp[]): Promise<void> {
    const { command, expectNothingLeft } = this.start(name);
    const { code, all } = await command.done;
    for (const shown of shows) expect(all).toMatch(shown);
    expect(code).toBe(0);
    expect(all).not.toContain("PRIVATE KEY");
    expectNothingLeft();
  }
}
